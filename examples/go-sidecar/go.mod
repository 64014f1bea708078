module sidecar

go 1.18
