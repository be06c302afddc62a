#!/bin/sh
# Verifies a purge certificate offline: sh verify-purge.sh purge-certificate.jws device.der
# Needs OpenSSL and a POSIX shell; asks no server.
set -eu

jws=$1
certificate=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# base64url without padding (RFC 7515 §2) to bytes
decode() {
  text=$(tr -- '-_' '+/')
  while [ $((${#text} % 4)) -ne 0 ]; do text="$text="; done
  printf '%s' "$text" | openssl base64 -d -A
}
encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
fail() {
  echo "The purge certificate does NOT hold: $1" >&2
  exit 1
}

tr -d '\n' <"$jws" >"$work/jws"
cut -d. -f1 "$work/jws" | tr -d '\n' | decode >"$work/header.json"
cut -d. -f2 "$work/jws" | tr -d '\n' | decode >"$work/payload.json"
cut -d. -f3 "$work/jws" | tr -d '\n' | decode >"$work/signature"
cut -d. -f1,2 "$work/jws" | tr -d '\n' >"$work/signed"

# 1. It names this certificate: x5t#S256 is the SHA-256 of its DER.
thumbprint=$(openssl dgst -sha256 -binary "$certificate" | encode)
grep -q "\"x5t#S256\":\"$thumbprint\"" "$work/header.json" || fail 'it names another certificate'

# 2. The key of that certificate signed it: RS256.
openssl x509 -inform der -in "$certificate" -pubkey -noout >"$work/key.pem"
openssl dgst -sha256 -verify "$work/key.pem" -signature "$work/signature" "$work/signed" \
  >/dev/null || fail 'the signature does not verify'

# 3. It is a purge, and that very key is among the keys that were destroyed.
grep -q '"type":"key-purge"' "$work/payload.json" || fail 'it is another kind of message'
key=$(openssl pkey -pubin -in "$work/key.pem" -outform der | openssl dgst -sha256 -binary | encode)
sed -n 's/.*"keyIds":\[\([^]]*\)\].*/\1/p' "$work/payload.json" | tr ',' '\n' |
  grep -qx "\"$key\"" || fail 'the key that signed is not among those destroyed'

echo 'The purge certificate holds.'
echo "SHA-256 of the statement: $(openssl dgst -sha256 -r "$work/jws" | cut -d' ' -f1)"
echo "Device:  $(sed -n 's/.*"sub":"\([^"]*\)".*/\1/p' "$work/payload.json")"
echo "Made at: $(sed -n 's/.*"ts":"\([^"]*\)".*/\1/p' "$work/payload.json")"
echo "Keys:    $(sed -n 's/.*"keyIds":\[\([^]]*\)\].*/\1/p' "$work/payload.json")"
