#!/bin/sh
# A Rookery agent with curl and jq: sh agent.sh [http://127.0.0.1:18800]
set -f
URL=${1:-http://127.0.0.1:18800}
umask 077
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"; kill $! 2>/dev/null; exit' INT TERM
# Headers go in a file: what stands in a command line is seen by everybody on the machine.
echo "content-type: application/x-ndjson" >"$DIR/headers"
[ -z "$ROOKERY_TOKEN" ] || echo "authorization: Bearer $ROOKERY_TOKEN" >>"$DIR/headers"

# One frame out, and its answer. While the router is away it is tried again: said twice, it counts once.
post() { # frame [sid]
  while kill -0 $$; do
    printf '%s\n' "$1" | curl -sf -m 30 -H @"$DIR/headers" --data-binary @- "$URL/v1/agent/frames${2:+?sid=$2}"
    code=$?
    case $code in 0 | 22) return $code ;; esac # 22: the router has answered, and refuses
    sleep 1
  done
}

# Your agent goes here: it says its words one by one, and stops when it is told to.
answer() { # turn.start sid
  turn=$(printf '%s' "$1" | jq -r .turn) n=0
  post "$(jq -nc --arg turn "$turn" '{t: "turn.accept", $turn}')" "$2" >/dev/null
  for word in You said: $(printf '%s' "$1" | jq -r '.inputs[-1].text'); do
    sleep "${WORD_SECONDS:-0.05}"
    n=$((n + 1))
    delta=$(jq -nc --arg turn "$turn" --argjson n $n --arg text "$word " '{t: "turn.delta", $turn, $n, $text}')
    if grep -qxF "$turn" "$DIR/cancelled" 2>/dev/null || ! post "$delta" "$2" | grep -q '"t":"ok"'; then
      post "$(jq -nc --arg turn "$turn" '{t: "turn.cancelled", $turn}')" "$2" >/dev/null
      return
    fi
  done
  post "$(jq -nc --arg turn "$turn" --argjson n $n '{t: "turn.end", $turn, $n, reason: "stop"}')" "$2" >/dev/null
}

while :; do
  SID=$(post '{"t":"hello","v":1,"agent":{"name":"shell","version":"1"},"caps":{"history":"router"},"turns":4}' | jq -r .sid)
  echo "$SID.0" >"$DIR/last"
  echo 0 >"$DIR/code"
  while [ "$(cat "$DIR/code")" != 22 ]; do # 22: forgotten, hello again
    { curl -sfN -y 60 -H @"$DIR/headers" -H "last-event-id: $(cat "$DIR/last")" "$URL/v1/agent/events"; echo $? >"$DIR/code"; } |
      while kill -0 $$ && IFS= read -r line; do
        case $line in "id: "*) echo "${line#id: }" >"$DIR/last" ;; esac
        frame=${line#data: }
        case $(printf '%s' "$frame" | jq -r '.t? // empty' 2>/dev/null) in
          turn.start) answer "$frame" "$SID" & ;;
          turn.cancel) printf '%s' "$frame" | jq -r .turn >>"$DIR/cancelled" ;;
          ping) post "$(printf '%s' "$frame" | jq -c '{t: "pong", re: .id}')" "$SID" >/dev/null ;;
        esac
        seq=$(printf '%s' "$frame" | jq -r 'select(.t != "hello.ok") | .seq? // empty' 2>/dev/null)
        [ -z "$seq" ] || post "{\"t\":\"ack\",\"seq\":$seq}" "$SID" >/dev/null
      done &
    wait $! # a signal is heard while this waits
    sleep 1
  done
done
