# shellcheck shell=bash
# The box: OpenVPN's client, configured as vpnclient_ynh does it, and temoin.

# Nobody answers there.
readonly DEAD4=198.51.100.9

box_up() {
    local scripts=$STATE/scripts directory
    for directory in route-up.d route-down.d; do
        mkdir -p "$scripts/$directory"
        ln -s "$LAB_HOME/box-witness" "$scripts/$directory/10-lab-witness"
        [[ -z $FIREWALL ]] || ln -s "$LAB_HOME/box-firewall" "$scripts/$directory/20-lab-firewall"
    done
    : >"$STATE/witness.jsonl"
    client_configuration >"$STATE/client.conf"
    if [[ -n $TEMOIN ]]; then
        daemon_configuration >"$STATE/temoin.toml"
        temoin hook install --scripts-dir "$scripts"
    fi
}

client_configuration() {
    local remote=$SERVER4
    [[ $TRANSPORT != udp6 ]] || remote=$SERVER6
    [[ -z $DEAD_REMOTE ]] || echo "remote $DEAD4 1194"
    cat <<CONF
remote $remote 1194
proto ${TRANSPORT/tcp/tcp-client}
pull
nobind
dev tun
keepalive ${KEEPALIVE/,/ }
resolv-retry infinite
tls-client
remote-cert-tls server
ca $STATE/pki/ca.crt
cert $STATE/pki/box.crt
key $STATE/pki/box.key
verb 3
mute 5
status $STATE/client.status 2
log-append $STATE/client.log
route-ipv6 2000::/3
redirect-gateway def1 bypass-dhcp
script-security 2
setenv LAB_STATE $STATE
setenv LAB_SERVERS "$SERVER4 $SERVER6"
route-up "$LAB_HOME/run-parts.sh $STATE/scripts/route-up.d"
down "$LAB_HOME/run-parts.sh $STATE/scripts/route-down.d"
CONF
    [[ $TRANSPORT == tcp ]] || echo 'explicit-exit-notify'
    [[ -z $PERSIST_TUN ]] || echo 'persist-tun'
    [[ -z $MANAGEMENT ]] || echo "management $STATE/management unix"
    # Shorter than OpenVPN's own, so that a test of a dead server does not last minutes.
    echo 'connect-timeout 3'
    echo 'connect-retry 1 2'
}

daemon_configuration() {
    echo '[tunnel]'
    echo "status_file = \"$STATE/client.status\""
    [[ -z $MANAGEMENT ]] || echo "management = \"$STATE/management\""
    # A virtual machine's kernel often calls its clock unsynchronised, because the host keeps it and
    # no time service runs inside. Server and box share that clock here, so it can be trusted.
    echo '[clock]'
    echo 'trust = "always"'
    if [[ -n $WITNESSED ]]; then
        printf '[operator]\nprofile = "lab"\n[sync]\nenabled = true\n'
    fi
    if [[ -n $METHODS ]]; then
        echo '[origin]'
        echo "methods = [\"${METHODS//,/\", \"}\"]"
    fi
}

unhook() {
    temoin hook uninstall --scripts-dir "$STATE/scripts"
}

client() {
    case ${1-} in
        start)
            ! is_running client || die "the client runs already"
            rm -f "$STATE/client.pid"
            in_namespace "$BOX" openvpn --daemon ovpn-client --cd "$STATE" \
                --config "$STATE/client.conf" --writepid "$STATE/client.pid"
            until_true 10 is_running client || die "the client does not start: $STATE/client.log"
            ;;
        stop) stop client 20 ;;
        kill) send KILL client && until_true 5 is_gone client ;;
        usr1) send USR1 client ;;
        hup) send HUP client ;;
        *) die "client: start, stop, kill, usr1 or hup" ;;
    esac
}

# tunnel_is_up: the last hook that ran was route-up, and of the client that runs now.
tunnel_is_up() {
    local last
    last=$(tail -n 1 "$STATE/witness.jsonl")
    [[ $last == *'"hook":"route-up"'* && $last == *"\"process\":$(<"$STATE/client.pid"),"* ]]
}

tunnel_is_gone() {
    ! ip -n "$BOX" link show tun0 >/dev/null 2>&1
}

await() {
    case ${1-} in
        up) until_true "${2-30}" tunnel_is_up || die "the tunnel does not come up: $STATE/client.log" ;;
        down) until_true "${2-30}" tunnel_is_gone || die "the tunnel does not go down" ;;
        *) die "wait: up or down" ;;
    esac
}

box() {
    in_namespace "$BOX" "$@"
}

temoin() {
    [[ -n $TEMOIN ]] || die "no temoin in this lab: lab up --temoin FILE"
    by_clock
    box "${BY_CLOCK[@]}" "$TEMOIN" --state-dir "$STATE/temoin" --config "$STATE/temoin.toml" "$@"
}

page_is_served() {
    box bash -c ': </dev/tcp/127.0.0.1/8470' 2>/dev/null
}

daemon() {
    case ${1-} in
        start)
            ! is_running daemon || die "the daemon runs already"
            spawn "$BOX" daemon "$TEMOIN" --state-dir "$STATE/temoin" \
                --config "$STATE/temoin.toml" daemon --listen 127.0.0.1:8470
            until_true 10 page_is_served || die "the daemon does not start: $STATE/daemon.log"
            ;;
        stop) stop daemon 10 ;;
        kill) send KILL daemon && until_true 5 is_gone daemon ;;
        *) die "daemon: start, stop or kill" ;;
    esac
}
