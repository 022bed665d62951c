#!/bin/bash

# The configuration, which temoin's own page may change too.
config=/etc/$app/temoin.toml

# What temoin says to type works where this leads to the program.
command=/usr/local/bin/temoin

# Where a failed upgrade finds the record as it was.
# shellcheck disable=SC2034 # The scripts use it.
copy=$data_dir/journal.before-upgrade

# Runs the program on this box's record.
temoin() {
    "$install_dir/temoin" --config "$config" --state-dir "$data_dir" "$@"
}

# Whether this program can read the record, whatever is in the configuration.
record_is_readable() {
    "$install_dir/temoin" --config "$install_dir/temoin.toml" --state-dir "$data_dir" sessions --limit 1 >/dev/null
}

# Removes a file that may be gone already.
remove_if_there() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        ynh_safe_rm "$1"
    fi
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

# Has YunoHost's login pass on a member's name, and no password. YunoHost writes what its login goes by
# before this script, and not after it.
pass_on_the_name_alone() {
    ynh_app_setting_set --key=auth_header --value=basic-without-password
    ynh_hide_warnings yunohost app ssowatconf
}

# Whether visitors, who never log in, were let in to the page.
visitors_are_let_in() {
    ynh_permission_has_user --permission=main --user=visitors
}

# Takes visitors from those who may see the page.
keep_visitors_out() {
    if visitors_are_let_in; then
        ynh_permission_update --permission=main --remove=visitors
    fi
}

# Puts the configuration in place where there is none: all keys with their defaults, and where
# vpnclient has OpenVPN write what tells how long a tunnel lived.
provide_config() {
    if [ ! -e "$config" ]; then
        mkdir -p "$(dirname "$config")"
        cp "$install_dir/temoin.toml" "$config"
        ynh_replace --match='#status_file = ""' \
            --replace='status_file = "/var/log/vpnclient/openvpn-client.status"' --file="$config"
    fi
}

# Gives each its own: the record and the configuration to the service alone, also where they were left
# by an earlier installation, whose number another account may have now; the program to root, who runs it
# too, so that the service cannot change what root runs.
protect() {
    chown -R --no-dereference "$app:$app" "$data_dir" "$(dirname "$config")"
    chmod -R u=rwX,g=rX,o= "$(dirname "$config")"
    chown -R --no-dereference "root:$app" "$install_dir"
    chmod 750 "$install_dir"
}

# Has YunoHost show the service, and tell a configuration that cannot be used from what else is wrong.
provide_service() {
    yunohost service add "$app" --description="Witness of the VPN's sessions" --test_conf="$install_dir/temoin --config $config settings check"
}

# Puts the hooks in place and starts the service. What the member has to mend, a script of their own in the
# hooks' place or a configuration that cannot be read, stops neither an upgrade nor a restoration: YunoHost
# would be left without the app, for the same cause once more.
provide_record() {
    temoin hook install || ynh_print_warn "Les sessions ne sont pas notées tant que ce n’est pas corrigé. · De sessies worden niet genoteerd zolang dat niet verholpen is. · No session is noted until that is mended."
    if temoin settings get >/dev/null; then
        ynh_systemctl --service="$app" --action="start"
    else
        ynh_print_warn "temoin n’est pas lancé : corrigez $config, puis : systemctl start $app · temoin is niet gestart: verbeter $config, en dan: systemctl start $app · temoin was not started: mend $config, and then: systemctl start $app"
    fi
}

# Lets the program be called by its name, unless another one has that.
provide_command() {
    if [ ! -e "$command" ] && [ ! -L "$command" ]; then
        ln -s "$install_dir/temoin" "$command"
    fi
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

# Starts the notices (1) or stops them.
switch_notice() {
    if [ "$1" = 1 ]; then
        systemctl enable "$app-notice.timer" --quiet
        ynh_systemctl --service="$app-notice.timer" --action="restart"
    else
        ynh_systemctl --service="$app-notice.timer" --action="stop"
        systemctl disable "$app-notice.timer" --quiet
    fi
}
