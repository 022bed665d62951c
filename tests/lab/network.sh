# shellcheck shell=bash
# Namespaces, addresses, and the home router's NAT.

readonly LAN4=192.168.77 LAN6=2001:db8:77
readonly WAN4=203.0.113 WAN6=2001:db8:203
readonly SERVER4=198.51.100.1 SERVER6=2001:db8:51::1
readonly FIRST_ADDRESS=$WAN4.7 SECOND_ADDRESS=$WAN4.8

network_up() {
    local namespace
    for namespace in "$BOX" "$HOME_ROUTER" "$OPERATOR"; do
        ip netns add "$namespace"
        ip -n "$namespace" link set lo up
    done
    ip link add eth0 netns "$BOX" type veth peer name lan0 netns "$HOME_ROUTER"
    ip link add wan0 netns "$HOME_ROUTER" type veth peer name isp0 netns "$OPERATOR"
    in_namespace "$HOME_ROUTER" tee /proc/sys/net/ipv4/ip_forward \
        /proc/sys/net/ipv6/conf/all/forwarding >/dev/null <<<1

    attach "$BOX" eth0 "$LAN4.10/24" "$LAN6::10/64"
    attach "$HOME_ROUTER" lan0 "$LAN4.1/24" "$LAN6::1/64"
    attach "$HOME_ROUTER" wan0 "$FIRST_ADDRESS/24" "$WAN6::7/64"
    attach "$OPERATOR" isp0 "$WAN4.1/24" "$WAN6::1/64"
    attach "$OPERATOR" lo "$SERVER4/32" "$SERVER6/128"

    ip -n "$BOX" route add default via "$LAN4.1"
    ip -n "$BOX" -6 route add default via "$LAN6::1"
    ip -n "$HOME_ROUTER" route add default via "$WAN4.1"
    ip -n "$HOME_ROUTER" -6 route add default via "$WAN6::1"
    ip -n "$OPERATOR" -6 route add "$LAN6::/64" via "$WAN6::7"

    # Other ports outside than inside, so that a test cannot take the one for the other.
    in_namespace "$HOME_ROUTER" nft -f - <<'RULES'
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "wan0" masquerade fully-random
    }
}
RULES
    echo "$FIRST_ADDRESS" >"$STATE/wan-address"
    [[ -z $ROUTER_TELLS ]] || spawn "$HOME_ROUTER" router \
        python3 -B "$LAB_HOME/router-stand-in" "$ROUTER_TELLS" "$LAN4.1" "$STATE/wan-address"
}

in_namespace() {
    ip netns exec "$@"
}

attach() {
    ip -n "$1" link set "$2" up
    ip -n "$1" addr add "$3" dev "$2"
    ip -n "$1" addr add "$4" dev "$2" nodad
}

remove_namespace() {
    local pids
    [[ -e /run/netns/$1 ]] || return 0
    for _ in {1..50}; do
        pids=$(ip netns pids "$1" 2>/dev/null) || true
        [[ -n $pids ]] || break
        # shellcheck disable=SC2086 # one word a process
        kill -9 $pids 2>/dev/null || true
        sleep 0.02
    done
    ip netns del "$1"
}

# nat rebind: the mappings of the old address go with it, as a router's do when its provider gives
# it another one.
nat() {
    [[ ${1-} == rebind ]] || die "nat: only 'rebind' is known"
    local old new
    old=$(<"$STATE/wan-address")
    new=$FIRST_ADDRESS
    [[ $old == "$new" ]] && new=$SECOND_ADDRESS
    ip -n "$HOME_ROUTER" addr del "$old/24" dev wan0
    ip -n "$HOME_ROUTER" addr add "$new/24" dev wan0
    ip -n "$HOME_ROUTER" route replace default via "$WAN4.1"
    echo "$new" >"$STATE/wan-address"
}

# cut: nothing passes the home router any more, and nobody is told.
cut() {
    in_namespace "$HOME_ROUTER" nft -f - <<'RULES'
table inet cut {
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
}
RULES
}

uncut() {
    in_namespace "$HOME_ROUTER" nft delete table inet cut
}
