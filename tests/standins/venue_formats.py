"""What each exchange says on the wire, as its documentation and recordings have it."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.standins.venues import Frame, Socket, Trade, VenueStandIn


def _iso() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Binance(VenueStandIn):
    name = "binance"
    hosts = ("stream.binance.com", "api.binance.com")
    markets: ClassVar[dict[str, str]] = {"BTC/USDT": "BTCUSDT"}
    GARBAGE = (
        *VenueStandIn.GARBAGE,
        [],
        [1, 2],
        {"e": "trade", "E": 1, "s": "BTCUSDT", "t": 1, "p": "abc", "q": "1", "T": 1, "m": True},
    )

    def answer(self, socket: Socket, text: str) -> Iterator[Frame]:
        asked = json.loads(text)
        if asked.get("method") != "SUBSCRIBE":
            return
        for stream in asked["params"]:
            symbol = self.symbol_of(stream.partition("@")[0].upper())
            if symbol is None or self.fault == "refuse":
                yield {
                    "error": {"code": 2, "msg": "Invalid request: request ID must be..."},
                    "id": asked["id"],
                }
                return
            self.subscribe(socket, symbol)
        yield {"result": None, "id": asked["id"]}

    def update(self, socket: Socket, trade: Trade) -> Frame:
        return {
            "e": "trade",
            "E": trade.ms + 1,
            "s": self.markets[trade.symbol],
            "t": trade.id,
            "p": f"{trade.price:.8f}",
            "q": f"{trade.amount:.8f}",
            "T": trade.ms,
            "m": trade.side == "sell",
            "M": True,
        }

    def rest(self, path: str, query: Mapping[str, str]) -> Any:
        if not path.endswith("/exchangeInfo"):
            return {}
        filters = [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.01",
                "maxPrice": "1000000",
                "tickSize": "0.01",
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": "0.00001",
                "maxQty": "9000",
                "stepSize": "0.00001",
            },
        ]
        return {
            "timezone": "UTC",
            "serverTime": int(time.time() * 1000),
            "rateLimits": [],
            "symbols": [
                {
                    "symbol": own,
                    "status": "TRADING",
                    "baseAsset": "BTC",
                    "baseAssetPrecision": 8,
                    "quoteAsset": "USDT",
                    "quotePrecision": 8,
                    "quoteAssetPrecision": 8,
                    "orderTypes": ["LIMIT", "MARKET"],
                    "isSpotTradingAllowed": True,
                    "isMarginTradingAllowed": True,
                    "filters": filters,
                    "permissions": ["SPOT", "MARGIN"],
                    "permissionSets": [["SPOT", "MARGIN"]],
                }
                for own in self.markets.values()
            ],
        }


class Kraken(VenueStandIn):
    name = "kraken"
    hosts = ("ws.kraken.com", "api.kraken.com")
    markets: ClassVar[dict[str, str]] = {"BTC/USD": "XXBTZUSD", "USDT/USD": "USDTZUSD"}
    GARBAGE = (
        *VenueStandIn.GARBAGE,
        {"channel": "trade", "type": "update", "data": []},
        {"channel": "trade", "type": "update", "data": [{"symbol": "FOO/USD", "price": 1}]},
        {"channel": "heartbeat"},
    )

    def greeting(self) -> Iterator[Frame]:
        status = {"version": "2.0.10", "system": "online", "api_version": "v2"}
        yield {
            "channel": "status",
            "type": "update",
            "data": [{**status, "connection_id": 8423536080466635000}],
        }

    def answer(self, socket: Socket, text: str) -> Iterator[Frame]:
        asked = json.loads(text)
        times = {"time_in": _iso(), "time_out": _iso()}
        if asked.get("method") == "ping":
            yield {"method": "pong", **times}
        elif asked.get("method") == "subscribe":
            for symbol in asked["params"]["symbol"]:
                reply = {"method": "subscribe", "req_id": asked["req_id"], **times}
                if symbol not in self.markets or self.fault == "refuse":
                    text = f"Currency pair not supported {symbol}"
                    yield {**reply, "error": text, "success": False, "symbol": symbol}
                    continue
                past = self.subscribe(socket, symbol)
                result = {"channel": "trade", "snapshot": True, "symbol": symbol}
                yield {**reply, "result": result, "success": True}
                if past:
                    yield self._trades("snapshot", past)

    def update(self, socket: Socket, trade: Trade) -> Frame:
        return self._trades("update", [trade])

    def _trades(self, kind: str, trades: list[Trade]) -> Frame:
        data = [
            {
                "symbol": trade.symbol,
                "side": trade.side,
                "price": trade.price,
                "qty": trade.amount,
                "ord_type": "limit",
                "trade_id": trade.id,
                "timestamp": trade.iso,
            }
            for trade in trades
        ]
        return {"channel": "trade", "type": kind, "data": data}

    def rest(self, path: str, query: Mapping[str, str]) -> Any:
        pairs = {
            own: {
                "altname": symbol.replace("BTC", "XBT").replace("/", ""),
                "wsname": symbol.replace("BTC", "XBT"),
                "aclass_base": "currency",
                "base": own[:4],
                "aclass_quote": "currency",
                "quote": "ZUSD",
                "pair_decimals": 1,
                "lot_decimals": 8,
                "lot_multiplier": 1,
                "leverage_buy": [2],
                "leverage_sell": [2],
                "fees": [[0, 0.26]],
                "fees_maker": [[0, 0.16]],
                "fee_volume_currency": "ZUSD",
                "ordermin": "0.0001",
                "status": "online",
            }
            for symbol, own in self.markets.items()
        }
        return {"error": [], "result": pairs if path.endswith("/AssetPairs") else {}}


class Coinbase(VenueStandIn):
    name = "coinbase"
    hosts = ("advanced-trade-ws.coinbase.com", "api.coinbase.com")
    markets: ClassVar[dict[str, str]] = {"BTC/USD": "BTC-USD"}
    GARBAGE = (
        *VenueStandIn.GARBAGE,
        {"channel": "subscriptions", "events": [{}]},
        {"type": "error", "message": "something odd"},
    )

    def answer(self, socket: Socket, text: str) -> Iterator[Frame]:
        asked = json.loads(text)
        if asked.get("type") != "subscribe":
            return
        for own in asked["product_ids"]:
            symbol = self.symbol_of(own)
            if symbol is None or self.fault == "refuse":
                yield {"type": "error", "message": f"{own} is not a valid product"}
                return
            if past := self.subscribe(socket, symbol):
                yield self._envelope(socket, "market_trades", [self._event("snapshot", past)])
        yield self._envelope(
            socket, "subscriptions", [{"subscriptions": {asked["channel"]: asked["product_ids"]}}]
        )

    def update(self, socket: Socket, trade: Trade) -> Frame:
        return self._envelope(socket, "market_trades", [self._event("update", [trade])])

    def _envelope(self, socket: Socket, channel: str, events: list[Any]) -> Frame:
        return {
            "channel": channel,
            "client_id": "",
            "timestamp": _iso(),
            "sequence_num": socket.frames,
            "events": events,
        }

    def _event(self, kind: str, trades: list[Trade]) -> dict[str, Any]:
        return {
            "type": kind,
            "trades": [
                {
                    "product_id": self.markets[trade.symbol],
                    "trade_id": str(trade.id),
                    "price": f"{trade.price:.2f}",
                    "size": f"{trade.amount:.8f}",
                    "time": trade.iso,
                    "side": trade.side.upper(),
                }
                for trade in reversed(trades)  # newest first, as the venue sends them
            ],
        }

    def rest(self, path: str, query: Mapping[str, str]) -> Any:
        if not path.endswith("/market/products") or query.get("product_type") == "FUTURE":
            return {"data": [], "products": []}
        return {
            "products": [
                {
                    "product_id": own,
                    "base_currency_id": own.partition("-")[0],
                    "quote_currency_id": own.partition("-")[2],
                    "base_increment": "0.00000001",
                    "quote_increment": "0.01",
                    "price_increment": "0.01",
                    "base_min_size": "0.00000001",
                    "base_max_size": "3400",
                    "quote_min_size": "1",
                    "quote_max_size": "150000000",
                    "status": "online",
                    "trading_disabled": False,
                    "product_type": "SPOT",
                    "alias_to": [],
                }
                for own in self.markets.values()
            ]
        }


class Okx(VenueStandIn):
    name = "okx"
    hosts = ("ws.okx.com", "www.okx.com")
    markets: ClassVar[dict[str, str]] = {"BTC/USDT": "BTC-USDT"}
    GARBAGE = (
        *VenueStandIn.GARBAGE,
        {"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [{"px": "x", "ts": "y"}]},
        {"arg": [], "data": {}},
    )

    def answer(self, socket: Socket, text: str) -> Iterator[Frame]:
        if text == "ping":
            yield "pong"
            return
        for arg in json.loads(text)["args"]:
            symbol = self.symbol_of(arg["instId"])
            if symbol is None or self.fault == "refuse":
                text = f"channel:{arg['channel']},instId:{arg['instId']} doesn't exist"
                yield {"event": "error", "code": "60018", "msg": text, "connId": "a4d3ae55"}
                continue
            self.subscribe(socket, symbol)
            yield {"event": "subscribe", "arg": arg, "connId": "a4d3ae55"}

    def update(self, socket: Socket, trade: Trade) -> Frame:
        own = self.markets[trade.symbol]
        data = {
            "instId": own,
            "tradeId": str(trade.id),
            "px": f"{trade.price:.1f}",
            "sz": f"{trade.amount:.8f}",
            "side": trade.side,
            "ts": str(trade.ms),
            "count": "1",
        }
        return {"arg": {"channel": "trades", "instId": own}, "data": [data]}

    def rest(self, path: str, query: Mapping[str, str]) -> Any:
        listed = [
            {
                "instType": "SPOT",
                "instId": own,
                "baseCcy": own.partition("-")[0],
                "quoteCcy": own.partition("-")[2],
                "lever": "10",
                "listTime": "1548133413000",
                "lotSz": "0.00000001",
                "minSz": "0.00001",
                "tickSz": "0.1",
                "state": "live",
                "ctType": "",
                "ctVal": "",
                "expTime": "",
                "optType": "",
                "settleCcy": "",
                "uly": "",
            }
            for own in self.markets.values()
        ]
        return {"code": "0", "msg": "", "data": listed if query.get("instType") == "SPOT" else []}


class Bitstamp(VenueStandIn):
    name = "bitstamp"
    hosts = ("ws.bitstamp.net", "www.bitstamp.net")
    markets: ClassVar[dict[str, str]] = {"BTC/USD": "btcusd", "BTC/USDT": "btcusdt"}
    GARBAGE = (
        *VenueStandIn.GARBAGE,
        {"event": "trade", "channel": "live_trades_btcusd", "data": None},
        {"event": "trade", "channel": "live_trades_btcusd", "data": {"microtimestamp": "x"}},
        {"event": "bts:error", "channel": "", "data": {"code": 4009, "message": "no"}},
    )

    def answer(self, socket: Socket, text: str) -> Iterator[Frame]:
        asked = json.loads(text)
        if asked.get("event") != "bts:subscribe":
            return
        channel = asked["data"]["channel"]
        symbol = self.symbol_of(channel.rpartition("_")[2])
        if symbol is None or self.fault == "refuse":
            yield {
                "event": "bts:error",
                "channel": channel,
                "data": {"code": 4009, "message": "Connection is unauthorized."},
            }
            return
        self.subscribe(socket, symbol)
        yield {"event": "bts:subscription_succeeded", "channel": channel, "data": {}}

    def update(self, socket: Socket, trade: Trade) -> Frame:
        return {
            "event": "trade",
            "channel": f"live_trades_{self.markets[trade.symbol]}",
            "data": {
                "id": trade.id,
                "timestamp": str(int(trade.at)),
                "microtimestamp": str(trade.ms * 1000),
                "amount": trade.amount,
                "amount_str": f"{trade.amount:.8f}",
                "price": trade.price,
                "price_str": f"{trade.price:.2f}",
                "type": 0 if trade.side == "buy" else 1,
                "buy_order_id": 1641383735832577,
                "sell_order_id": 1641383731011585,
            },
        }

    def rest(self, path: str, query: Mapping[str, str]) -> Any:
        return [
            {
                "name": symbol,
                "market_symbol": own,
                "base_currency": symbol.partition("/")[0],
                "base_decimals": 8,
                "counter_currency": symbol.partition("/")[2],
                "counter_decimals": 2,
                "minimum_order_value": "10.0",
                "trading": "Enabled",
                "market_type": "SPOT",
                "instant_order_counter_decimals": 2,
                "instant_order_base_decimals": 8,
                "description": symbol,
            }
            for symbol, own in self.markets.items()
        ]
