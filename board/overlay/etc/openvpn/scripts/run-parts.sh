#!/bin/sh
# OpenVPN's route-up and down, as vpnclient_ynh has them: every program of the folder is run, and
# whatever one of them returns, the tunnel goes on.
run-parts --verbose "/etc/openvpn/scripts/$1.d"
exit 0
