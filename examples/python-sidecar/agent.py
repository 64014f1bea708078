"""A Rookery agent with the standard library only: python3 agent.py [http://127.0.0.1:18800]"""
import http.client, json, os, sys, threading, time, urllib.error, urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:18800"
TOKEN = os.environ.get("ROOKERY_TOKEN")
HEADERS = {"content-type": "application/x-ndjson", **({"authorization": f"Bearer {TOKEN}"} if TOKEN else {})}
HELLO = {"t": "hello", "v": 1, "agent": {"name": "python", "version": "1"}, "caps": {"history": "router"}, "turns": 8}
cancelled = set()


def post(frame, sid=None):
    """One frame out, and its answer. While the router is away it is tried again: said twice, it counts once."""
    url = f"{URL}/v1/agent/frames" + (f"?sid={sid}" if sid else "")
    while True:
        try:
            request = urllib.request.Request(url, json.dumps(frame).encode(), HEADERS)
            return json.loads(urllib.request.urlopen(request, timeout=30).readline())
        except urllib.error.HTTPError as error:
            return {"t": "error", "code": error.code}
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)


def answer(start, sid):
    """Your agent goes here: it says its words one by one, and stops when it is told to."""
    turn, n = start["turn"], 0
    for word in f"You said: {start['inputs'][-1]['text']}".split(" "):
        time.sleep(float(os.environ.get("WORD_SECONDS", "0.05")))
        n += 1
        delta = {"t": "turn.delta", "turn": turn, "n": n, "text": word + " "}
        if turn in cancelled or post(delta, sid)["t"] == "error":
            return post({"t": "turn.cancelled", "turn": turn}, sid)
    post({"t": "turn.end", "turn": turn, "n": n, "reason": "stop"}, sid)


while True:
    hello = post(HELLO)
    sid, last = hello.get("sid"), f"{hello.get('sid')}.0"
    while sid:
        try:
            request = urllib.request.Request(f"{URL}/v1/agent/events", headers={**HEADERS, "last-event-id": last})
            for line in urllib.request.urlopen(request, timeout=60):
                if line.startswith(b"id: "):
                    last = line[4:].decode().strip()
                frame = json.loads(line[6:]) if line.startswith(b"data: ") else {"t": ""}
                if frame["t"] == "turn.start":
                    post({"t": "turn.accept", "turn": frame["turn"]}, sid)
                    threading.Thread(target=answer, args=(frame, sid), daemon=True).start()
                elif frame["t"] == "turn.cancel":
                    cancelled.add(frame["turn"])
                elif frame["t"] == "ping":
                    post({"t": "pong", "re": frame["id"]}, sid)
                if "seq" in frame and frame["t"] != "hello.ok":
                    post({"t": "ack", "seq": frame["seq"]}, sid)
        except urllib.error.HTTPError:
            sid = None  # forgotten: hello again
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)
