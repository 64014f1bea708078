"""An agent that is asked over HTTP, with the standard library only: python3 webhook-agent.py [8000]
agent: { driver: "webhook", url: "http://127.0.0.1:8000", secret: "${WEBHOOK_SECRET}" }"""
import hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("WEBHOOK_SECRET")


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # the end of the connection is the end of the answer

    def signed(self, body):
        """Whether the router has sent it, and not long ago."""
        stamp, given = self.headers.get("x-rookery-timestamp", "0"), self.headers.get("x-rookery-signature", "")
        made = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.encode(), f"v1={made}".encode()) and abs(time.time() - float(stamp)) < 300

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if SECRET and not self.signed(body):
            return self.send_error(401)
        turn = json.loads(body)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            # Your agent goes here: it says its words one by one. `messages` is what was delivered, ending with the question.
            for word in f"You said: {turn['messages'][-1]['content']}".split(" "):
                self.wfile.write(f"data: {json.dumps({'text': word + ' '})}\n\n".encode())
                time.sleep(float(os.environ.get("WORD_SECONDS", "0.05")))
        except OSError:
            pass  # the turn was cancelled: the router has closed the connection

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Agent).serve_forever()
