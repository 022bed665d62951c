# shellcheck shell=bash
# The operator: certificates, OpenVPN's server, a STUN server, and the truth: what the server saw.

# In the tunnel, at the server's end.
readonly RESPONDER=192.0.2.1:8443

operator_up() {
    local pki=$STATE/pki
    mkdir -p "$pki"
    issue "$pki" ca "Laboratory CA" ca \
        basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign
    issue "$pki" server vpn.example.net ca basicConstraints=critical,CA:FALSE \
        extendedKeyUsage=serverAuth keyUsage=critical,digitalSignature
    issue "$pki" box box-0001 ca basicConstraints=critical,CA:FALSE \
        extendedKeyUsage=clientAuth keyUsage=critical,digitalSignature

    push "$PUSH"
    : >"$STATE/truth.jsonl"
    [[ -z $WITNESSED ]] || record_up
    server_configuration >"$STATE/server.conf"
    [[ -z $STUN ]] || spawn "$OPERATOR" stun turnserver -n --stun-only --no-tls --no-dtls --no-cli \
        --listening-ip="$SERVER4" --listening-ip="$SERVER6" --listening-port=3478 \
        --userdb="$STATE/turn.db" --pidfile="$STATE/turnserver.pid" --log-file=stdout \
        --simple-log
}

# issue DIRECTORY NAME COMMON_NAME ISSUER EXTENSION...: a key and a certificate, signed by an issuer who
# may be itself. A box whose clock is years off takes it all the same; openssl dates back with `ca` alone.
issue() {
    local directory=$1 name=$2 common_name=$3 issuer=$4 extension extensions=() signer=(-selfsign)
    shift 4
    [[ $issuer == "$name" ]] || signer=(-cert "$directory/$issuer.crt")
    for extension in "$@"; do
        extensions+=(-addext "$extension")
    done
    : >"$directory/$name.index"
    {
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -subj "/CN=$common_name" "${extensions[@]}" \
            -keyout "$directory/$name.key" -out "$directory/$name.csr" &&
            openssl ca -batch -notext -config /dev/stdin \
                -in "$directory/$name.csr" -out "$directory/$name.crt" \
                -keyfile "$directory/$issuer.key" "${signer[@]}" \
                -startdate 20000101000000Z -enddate 20371231235959Z <<CONF
[ca]
default_ca = lab
[lab]
rand_serial = yes
database = $directory/$name.index
new_certs_dir = $directory
default_md = sha256
policy = common_name
copy_extensions = copy
[common_name]
commonName = supplied
CONF
    } 2>"$directory/$name.log" || die "openssl: $(<"$directory/$name.log")"
}

server_configuration() {
    local address=$SERVER4
    [[ $TRANSPORT != udp6 ]] || address=$SERVER6
    cat <<CONF
mode server
tls-server
local $address
port 1194
proto ${TRANSPORT/tcp/tcp-server}
dev tun
topology subnet
server 192.0.2.0 255.255.255.0
server-ipv6 2001:db8:99::/64
ca $STATE/pki/ca.crt
cert $STATE/pki/server.crt
key $STATE/pki/server.key
dh none
keepalive ${KEEPALIVE/,/ }
script-security 2
setenv LAB_TRUTH $STATE/truth.jsonl
setenv LAB_PUSH $STATE/push
client-connect $LAB_HOME/server-script
client-disconnect $LAB_HOME/server-script
learn-address $LAB_HOME/server-script
setenv LAB_OPERATOR "$WITNESSED"
setenv LAB_OPERATOR_CONFIG $STATE/operator.toml
log-append $STATE/server.log
verb 4
CONF
    [[ $TRANSPORT == tcp ]] || echo 'explicit-exit-notify 1'
}

server() {
    case ${1-} in
        start)
            ! is_running server || die "the server runs already"
            rm -f "$STATE/server.pid"
            in_namespace "$OPERATOR" openvpn --daemon ovpn-server --cd "$STATE" \
                --config "$STATE/server.conf" --writepid "$STATE/server.pid"
            until_true 10 is_running server || die "the server does not start: $STATE/server.log"
            ;;
        stop) stop server 10 ;;
        kill) send KILL server && until_true 5 is_gone server ;;
        *) die "server: start, stop or kill" ;;
    esac
}

# record_up: the operator's own temoin, and the profile by which the box knows it.
record_up() {
    issue "$STATE/pki" responder vpn.example.net responder basicConstraints=critical,CA:FALSE
    cat >"$STATE/operator.toml" <<CONF
[store]
location = "${STORE:-$STATE/operator.db}"
[gateway]
name = "lab"
spool = "$STATE/operator-spool"
push_origin = false
[serve]
listen = "$RESPONDER"
certificate = "$STATE/pki/responder.crt"
certificate_key = "$STATE/pki/responder.key"
signing_key = "$STATE/signing.key"
CONF
    operator init >"$STATE/operator.log"
    mkdir -p "$STATE/profiles.d"
    {
        cat <<PROFILE
schema = 1
[operator]
id = "lab"
name = "Laboratory"
jurisdiction = "BE"
timezone = "Europe/Brussels"
registered_with = "unknown"
member_called = "certificate-name"
PROFILE
        operator key show | sed "s,https://…,https://$RESPONDER,"
        cat <<'PROFILE'
[[statement]]
id = "configuration"
label.fr = "Sa configuration"
label.nl = "Haar configuratie"
label.en = "Its configuration"
label.de = "Seine Konfiguration"
kind = "administrator"
stated_on = 2026-01-31
by = "Laboratory"
verified = "full-text"
[[statement.stores]]
field = "origin_address"
stored = true
erase_after = { months = 12 }
counted_from = "session_end"
PROFILE
    } >"$STATE/profiles.d/lab.toml"
}

operator() {
    [[ -n $WITNESSED ]] || die "no temoin-operator in this lab: lab up --operator FILE"
    by_clock
    in_namespace "$OPERATOR" "${BY_CLOCK[@]}" "$WITNESSED" --config "$STATE/operator.toml" "$@"
}

responder_answers() {
    in_namespace "$OPERATOR" bash -c "exec 3<>/dev/tcp/${RESPONDER/:/\/}" 2>/dev/null
}

server_has_its_address() {
    ip -n "$OPERATOR" -4 addr show dev tun0 2>/dev/null | grep -q "${RESPONDER%:*}/"
}

responder() {
    case ${1-} in
        start)
            ! is_running responder || die "the responder runs already"
            until_true 10 server_has_its_address || die "the server's tunnel has no address"
            spawn "$OPERATOR" responder "$WITNESSED" --config "$STATE/operator.toml" serve
            until_true 10 responder_answers || die "the responder does not start: $STATE/responder.log"
            ;;
        stop) stop responder 10 ;;
        *) die "responder: start or stop" ;;
    esac
}

# push LIST: what client-connect tells the client from now on.
push() {
    echo "${1-none}" >"$STATE/push"
}

# truth: the server's own sessions. It holds at most one of a member at a time, so a disconnect ends
# the last connection of the same server process.
truth() {
    jq -s '
        reduce .[] as $line ([];
            if $line.event == "connect" then . + [{
                start_ns: $line.at_ns, end_ns: null, address: $line.address, port: $line.port,
                ipv4: null, ipv6: null, common_name: $line.common_name,
                server: $line.server, last_address: $line.address
            }]
            else (to_entries
                | map(select(.value.server == $line.server and .value.end_ns == null)) | last | .key
                ) as $at
            | if $at == null then .
              elif $line.event == "disconnect" then
                .[$at].end_ns = $line.at_ns | .[$at].last_address = $line.address
              elif $line.operation == "delete" or ($line.learnt | contains("/")) then .
              elif $line.learnt | contains(":") then .[$at].ipv6 = $line.learnt
              else .[$at].ipv4 = $line.learnt end
            end)' "$STATE/truth.jsonl"
}
