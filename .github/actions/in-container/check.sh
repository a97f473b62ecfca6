# A Docker action sees RUNNER_TEMP at another path, as root: everything that was delivered must still work.
set -u
fail() {
  echo "::error::$1"
  exit 1
}
asked() {
  printf 'url=%s/acme/model\n\n' "$HF_ENDPOINT" | GIT_TERMINAL_PROMPT=0 git credential fill 2>/dev/null
}
# The workspace belongs to somebody else.
cd /tmp || fail 'there is no /tmp'
export HOME=/tmp
[ -n "$HF_TOKEN" ] || fail 'HF_TOKEN is empty'
[ "$(cat "$HF_TOKEN_PATH")" = "$HF_TOKEN" ] || fail "HF_TOKEN_PATH ($HF_TOKEN_PATH) does not name the token file here"
git init --quiet repository || fail 'git does not work'
asked | grep -qxF "password=$HF_TOKEN" || fail 'Git does not get the token for acme/model'
echo 'The variable, the file, and Git work in a container.'
