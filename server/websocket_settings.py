"""The settings that bound WebSockets and what runs over them."""

from pydantic import Field
from pydantic_settings import BaseSettings


class WebSocketSettings(BaseSettings):
    """How many sockets, how much over each, and how long."""

    websocket_max_sockets: int = Field(
        default=2000, ge=0, le=1_000_000, description="How many WebSockets a process serves at once."
    )
    websocket_max_sockets_per_address: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="How many of them may come from one address. Behind a proxy that TRUSTED_PROXIES does not name, "
        "that is all of them.",
    )
    websocket_max_operations: int = Field(
        default=100, ge=1, le=100_000, description="How many operations may run over one WebSocket at once."
    )
    websocket_max_subscriptions_per_address: int = Field(
        default=500,
        ge=1,
        le=10_000_000,
        description="How many subscriptions may run over all WebSockets of one address. Each event is read for each.",
    )
    websocket_max_message_bytes: int = Field(
        default=200_000, ge=1_000, le=100_000_000, description="The longest message that is read from a WebSocket."
    )
    websocket_init_timeout_seconds: float = Field(
        default=10, gt=0, le=300, description="How long a client may take to say who it is after it has connected."
    )
    websocket_ping_seconds: float = Field(
        default=20,
        gt=0,
        le=3600,
        description="After so much silence a client is asked whether it is there, and after as much again it is gone.",
    )
    websocket_idle_seconds: float = Field(
        default=300, gt=0, le=86_400, description="After so long without an operation a WebSocket is closed."
    )
    subscription_max_waiting_events: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="How many events may wait for one subscription. A client that falls further behind is let go.",
    )
