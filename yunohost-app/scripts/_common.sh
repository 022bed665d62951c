#!/bin/bash

# The configuration, which temoin's own page may change too.
config=/etc/temoin/temoin.toml

# Runs the program on this box's record.
temoin() {
    "$install_dir/temoin" --config "$config" --state-dir "$data_dir" "$@"
}

# Lays the release archive for this processor where ynh_setup_source looks first, if it came with the
# package. Its sum is checked there as if it had been downloaded.
provide_source() {
    local archive
    archive=$(echo "$YNH_APP_BASEDIR"/sources/*-"$YNH_ARCH".tar.gz)
    if [ -f "$archive" ]; then
        mkdir -p "/var/cache/yunohost/download/$app"
        cp "$archive" "/var/cache/yunohost/download/$app/main"
    fi
}

# Puts the configuration in place where there is none: all keys with their defaults, and where
# vpnclient keeps what tells how long a tunnel lived.
provide_config() {
    if [ ! -e "$config" ]; then
        mkdir -p "$(dirname "$config")"
        cp "$install_dir/temoin.toml" "$config"
        ynh_replace --match='#status_file = ""' \
            --replace="status_file = \"/run/$app/openvpn-client.status\"" --file="$config"
    fi
    protect_config
}

# The service may write its configuration, and nobody else may read it.
protect_config() {
    chown -R "$app:$app" "$(dirname "$config")"
    chmod -R u=rwX,g=rX,o= "$(dirname "$config")"
}

# Puts in place what tells the daemon whether the clock is right.
provide_clock() {
    ynh_config_add --template="clock.socket" --destination="/etc/systemd/system/$app-clock.socket"
    ynh_config_add --template="clock.service" --destination="/etc/systemd/system/$app-clock@.service"
    systemctl daemon-reload
    switch_clock_on
}

switch_clock_on() {
    systemctl enable "$app-clock.socket" --quiet
    ynh_systemctl --service="$app-clock.socket" --action="restart"
}

# Puts what mails a notice in place, and starts it where the member wants that.
provide_notice() {
    ynh_config_add --template="notice" --destination="$install_dir/notice"
    chmod 750 "$install_dir/notice"
    ynh_config_add --template="notice.service" --destination="/etc/systemd/system/$app-notice.service"
    ynh_config_add --template="notice.timer" --destination="/etc/systemd/system/$app-notice.timer"
    systemctl daemon-reload
    switch_notice "$notice"
}

# Starts the notices (1) or stops them (0).
switch_notice() {
    if [ "$1" -eq 1 ]; then
        systemctl enable "$app-notice.timer" --quiet
        ynh_systemctl --service="$app-notice.timer" --action="restart"
    else
        ynh_systemctl --service="$app-notice.timer" --action="stop"
        systemctl disable "$app-notice.timer" --quiet
    fi
}
