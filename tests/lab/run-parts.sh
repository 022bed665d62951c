#!/bin/sh
# As vpnclient_ynh calls its hooks: every executable of the directory, whatever one of them returns.
exec run-parts -v "$1"
