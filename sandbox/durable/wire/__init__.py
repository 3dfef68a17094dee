"""gRPC for one event loop: HTTP/2 frames (http2), their headers (hpack), calls on them (rpc).

Written here because a call through grpcio's servers, asyncio or threads, costs several times what the backend
itself does for it, and decides both its throughput and its latency (bench/durable_chain.py). Unary requests and
streamed answers over clear text on the loopback: what TaskHubSidecarService needs, nothing else.
"""
