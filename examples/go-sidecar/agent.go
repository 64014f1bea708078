// A Rookery agent with the standard library only: go run . http://127.0.0.1:18800
package main

import (
	"os"
	"strings"
	"time"
)

// Your agent goes here: it says its words one by one, and stops when one is not taken: the turn was cancelled.
func answer(router session, start frame) {
	turn, inputs, n := start["turn"], start["inputs"].([]any), 0
	pause, _ := time.ParseDuration(os.Getenv("WORD_SECONDS") + "s")
	for _, word := range strings.Fields("You said: " + inputs[len(inputs)-1].(frame)["text"].(string)) {
		time.Sleep(pause)
		n++
		if router.say(frame{"t": "turn.delta", "turn": turn, "n": n, "text": word + " "})["t"] != "ok" {
			router.say(frame{"t": "turn.cancelled", "turn": turn})
			return
		}
	}
	router.say(frame{"t": "turn.end", "turn": turn, "n": n, "reason": "stop"})
}

func main() {
	router := session{url: os.Args[1], token: os.Getenv("ROOKERY_TOKEN")}
	hello := frame{"t": "hello", "v": 1, "caps": frame{"history": "router"}, "turns": 8}
	hello["agent"] = frame{"name": "go", "version": "1"}
	for ; ; time.Sleep(time.Second) {
		router.sid = ""
		router.sid, _ = router.say(hello)["sid"].(string)
		router.hear(func(said frame) {
			switch said["t"] {
			case "turn.start":
				router.say(frame{"t": "turn.accept", "turn": said["turn"]})
				go answer(router, said)
			case "ping":
				router.say(frame{"t": "pong", "re": said["id"]})
			}
			if said["seq"] != nil && said["t"] != "hello.ok" {
				router.say(frame{"t": "ack", "seq": said["seq"]})
			}
		})
	}
}
