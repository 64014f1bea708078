package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

type frame = map[string]any
type session struct{ url, token, sid string }

func (s session) call(method, path, last string, say frame) (*http.Response, error) {
	body, _ := json.Marshal(say)
	request, _ := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	request.Header = http.Header{"Content-Type": {"application/x-ndjson"}, "Last-Event-Id": {last}}
	request.Header.Set("Authorization", "Bearer "+s.token)
	return http.DefaultClient.Do(request)
}

// One frame out, and its answer. While the router is away it is tried again: said twice, it counts once.
func (s session) say(say frame) (answer frame) {
	path := "/v1/agent/frames"
	if s.sid != "" {
		path += "?sid=" + s.sid
	}
	response, err := s.call("POST", path, "", say)
	for ; err != nil; response, err = s.call("POST", path, "", say) {
		time.Sleep(time.Second)
	}
	defer response.Body.Close()
	json.NewDecoder(response.Body).Decode(&answer)
	return answer
}

// Hears the router, over as many connections as it takes, until it has forgotten this session.
func (s session) hear(take func(frame)) {
	for last := s.sid + ".0"; ; time.Sleep(time.Second) {
		events, err := s.call("GET", "/v1/agent/events", last, nil)
		if err != nil {
			continue
		} else if events.StatusCode != http.StatusOK {
			return
		}
		lines := bufio.NewScanner(events.Body)
		for lines.Buffer(nil, 1<<24); lines.Scan(); {
			said := frame{}
			if line := lines.Text(); strings.HasPrefix(line, "id: ") {
				last = line[4:]
			} else if strings.HasPrefix(line, "data: ") && json.Unmarshal([]byte(line[6:]), &said) == nil {
				take(said)
			}
		}
		events.Body.Close()
	}
}
