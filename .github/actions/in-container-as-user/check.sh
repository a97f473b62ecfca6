# A Docker action whose image has another user: the file is private, and Git works without it.
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
if cat "$HF_TOKEN_PATH" >/dev/null 2>&1; then fail 'another user can read the token file'; fi
git init --quiet repository || fail 'git does not work for another user'
if asked | grep -qF "$HF_TOKEN"; then fail 'Git has the token although its file is private'; fi
echo 'Another user cannot read the file, and Git works.'
