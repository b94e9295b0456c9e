"""What each value of a Reading is: the formulas in words and symbols, one row a key.

A pattern is the key's path in the JSON with "*" for a name. In `inputs`, "{0}" is the
first name, and "*" stands for all there are. Light on purpose, since the screen shows
these rows and imports nothing heavy.
"""

from divmon.reading.explained_rows import INSTRUMENTS, Rule

_GRID = "closes at the New York close"
_Z = "z_h = ln(C_t / C_{t−h}) / (σ60 √h), clipped to ±4"

COMPONENTS = {
    "rel20": ("volatility-scaled lead of the basket over BTC, 20 sessions", "gap20 / 2",
              ("abc.gap20",)),
    "rel60": ("volatility-scaled lead of the basket over BTC, 60 sessions", "gap60 / 2",
              ("abc.gap60",)),
    "breadth20": ("share of the basket that is up and ahead of BTC", "(breadth − 0.25) / 0.75",
                  ("breadth20",)),
    "highs": ("group-weighted share of closes within 2 % of their 252-session high",
              "share / 0.75", ()),
    "ddgap": ("how much deeper BTC lies under its 252-session high than the basket",
              "(DD_trad − DD_btc − 0.05) / 0.25", ()),
}  # fmt: skip

_ABC: dict[str, Rule] = {
    "": Rule("ABC score", "is everything rising but crypto? It describes, it does not forecast"),
    "score": Rule("ABC score, 0-100", "weighted mean of the components that are there",
                  "100 · Σ w s / Σ w", "points", _GRID, ("abc.components.*.contribution",)),
    "plus_minus": Rule("± of the score", "the most that leaving out any one asset moves it; no "
                       "confidence interval", "max |score − score without i|", "points", _GRID,
                       ("abc.score",)),
    "provisional": Rule("score if the session closed now", "the score with one more row at the "
                        "running prices; changes no state", "", "points", "running session",
                        ("abc.score",)),
    "sessions": Rule("sessions in this state", "closes since the state was confirmed, that one "
                     "included", "", "count", "", ("abc.state", "abc.since")),
    "coverage": Rule("coverage", "weight of the components times the share of the basket each "
                     "rests on; below 0.70 no score", "Σ w · share", "share"),
    "confidence": Rule("confidence", "coverage × freshness × full windows; below 0.70 no score",
                       "Σ w · share · fresh · full", "share", "", ("abc.coverage",)),
    "components": Rule("components of the score", "five values of 0 to 1 with fixed weights"),
    "gap20": Rule("basket less BTC, 20 sessions", "group-weighted mean z-score less BTC's",
                  "Z_trad − z_btc; " + _Z, "sigma", "20 sessions",
                  ("abc.z_trad.20", "abc.z_btc.20"), 20),
    "gap60": Rule("basket less BTC, 60 sessions", "group-weighted mean z-score less BTC's",
                  "Z_trad − z_btc; " + _Z, "sigma", "60 sessions",
                  ("abc.z_trad.60", "abc.z_btc.60"), 60),
    "z_trad": Rule("z-scores of the basket", "group-weighted means", _Z),
    "z_trad.*": Rule("z-score of the basket", "mean over the four groups of the mean of members",
                     _Z, "sigma", "{0} sessions", (), 60),
    "z_btc": Rule("z-scores of BTC", "log change over its own volatility", _Z),
    "z_btc.*": Rule("z-score of BTC", "log change over its own volatility", _Z, "sigma",
                    "{0} sessions", (), 60),
    "history": Rule("score of recent sessions", "date, score and state", unit="points",
                    window="last 90 sessions"),
    "state": Rule("state", "watch from 50 (back to calm under 40), alert from 70 (back under 60); "
                  "two closes each; without a score it holds", unit="text", inputs=("abc.score",)),
    "flips": Rule("what would change the state", "one price, all others held, at the next close"),
    "flips.*": Rule("what would change the state", "one price, all others held, at the next close"),
    "flips.*.price": Rule("price that would begin to change the state", "the nearest at which the "
                          "next close would be the first of the two that a change needs; within "
                          "30 % for BTC, 12 % for others", "solve score(p) = limit", "price",
                          "next close", ("abc.score", "abc.state")),
    "quadrant": Rule("quadrant", "signs of the basket's and BTC's 20-session z-scores",
                     unit="text", inputs=("abc.z_trad.20", "abc.z_btc.20")),
}  # fmt: skip

_CORRELATION: dict[str, Rule] = {
    "": Rule("correlation with BTC", "of aligned daily log returns"),
    "ewma94": Rule("correlation, exponentially weighted", "zero mean, over the whole history",
                   "Σ λ^k x y / √(Σ λ^k x² · Σ λ^k y²), λ = 0.94", "plain", "all history"),
    "break": Rule("break test", "the last 40 returns against the 250 before them; no p-value, "
                  "since it is looked at every day"),
    "break.z": Rule("break test", "difference of Fisher-transformed correlations; flagged from "
                    "2.58 on three sessions running", "(atanh r_s − atanh r_b) / √(1/37 + 1/247)",
                    "plain", "40 against 250 returns"),
    "break.flag": Rule("break flagged", "|z| of at least 2.58 with one sign on three sessions "
                       "running", unit="text", inputs=("correlation.{0}.break.z",)),
    **{
        key: rule
        for n in (20, 60, 90)
        for key, rule in {
            f"{n}": Rule(f"correlation, {n} returns", "Pearson's r of aligned daily log returns",
                         window=f"{n} sessions", n=f"correlation.{{0}}.{n}.n"),
            f"{n}.r": Rule(f"correlation, {n} returns", "Pearson's r of aligned daily log returns",
                           "cov(x, y) / (s_x s_y)", "plain", f"{n} sessions", (),
                           f"correlation.{{0}}.{n}.n"),
            f"{n}.low": Rule("low end of the 95 % interval", "Fisher's",
                             "tanh(atanh r − 1.96 / √(n − 3))", "plain", f"{n} sessions",
                             (f"correlation.{{0}}.{n}.r",), f"correlation.{{0}}.{n}.n"),
            f"{n}.high": Rule("high end of the 95 % interval", "Fisher's",
                              "tanh(atanh r + 1.96 / √(n − 3))", "plain", f"{n} sessions",
                              (f"correlation.{{0}}.{n}.r",), f"correlation.{{0}}.{n}.n"),
            f"{n}.n": Rule("pairs of returns", "sessions on which both closed", "", "count",
                           f"{n} sessions"),
        }.items()
    },
}  # fmt: skip

_RELATIVE: dict[str, Rule] = {
    "": Rule("relative streak", "consecutive common sessions in which the first beat the second"),
    "streak": Rule("relative streak", "sessions running in which the first's simple return beat "
                   "the second's; a tie (1e-12) ends it", "sign(r_first − r_second)", "run",
                   "common sessions", ("relative_streaks.{0}.since",)),
    "lead_pp": Rule("lead over the run", "compound return of the first less the second's",
                    "100 (Π(1+r_1) − Π(1+r_2))", "pp", "the run",
                    ("relative_streaks.{0}.since", "relative_streaks.{0}.streak")),
    "breaker": Rule("price at which the run ends", "the first one's price that equals the second's "
                    "return; at an unchanged second price while none trades",
                    "C_1 · P_2 / C_2", "price", "this or the next session"),
    "provisional": Rule("run if the session closed now", "the run with the running prices; never "
                        "written over the confirmed one", "", "run", "running session",
                        ("relative_streaks.{0}.streak",)),
    "rank": Rule("rank of the run", "1: no run of this sign was longer", "1 + #longer", "count",
                 "{start}", ("relative_streaks.{0}.streak",)),
}  # fmt: skip

_ROTATION_INPUTS = {
    "spx": ("z-score of SPX", _Z),
    "hyg": ("z-score of HYG", _Z),
    "btc": ("z-score of BTC", _Z),
    "rel": ("z-score of RUT against SPX", "Σ20 (r_rut − r_spx) / (std60 · √20)"),
    "vix": ("VIX over its median", "VIX − median60(VIX)"),
}

_BETA: dict[str, Rule] = {
    "": Rule("beta gap", "what BTC should have done, by its past relation to RUT and GOLD"),
    "betas": Rule("betas", "least squares of BTC on RUT and GOLD with an intercept"),
    "betas.*": Rule("beta", "least-squares slope of BTC's daily log returns", "b = α + β'f + ε",
                    "plain", "250 returns ending 20 before now", (), 250),
    "r2": Rule("R² of the fit", "share of BTC's variance that the fit explains; under 0.10 the "
               "gap is not shown", "1 − SSR / SST", "plain", "250 returns ending 20 before now",
               (), 250),
    "expected": Rule("expected change of BTC", "betas times what RUT and GOLD did; intercept "
                     "left out", "Σ20 β'f", "change", "20 sessions", ("beta_gap.betas.*",), 20),
    "actual": Rule("actual change of BTC", "sum of its log returns", "Σ20 b", "change",
                   "20 sessions", (), 20),
    "gap": Rule("gap", "actual less expected", "actual − expected", "change", "20 sessions",
                ("beta_gap.actual", "beta_gap.expected"), 20),
    "z": Rule("gap in standard deviations", "gap over the residual deviation",
              "gap / (s √20), s² = SSR / (250 − 3)", "sigma", "20 sessions", ("beta_gap.gap",),
              250),
}  # fmt: skip

_LIQUIDITY: dict[str, Rule] = {
    "": Rule("liquidity", "Wednesday levels as published by then; they inform and do not enter "
             "the score"),
    "net": Rule("net liquidity", "the Fed's assets less the Treasury's account and reverse repos",
                "WALCL − TGA − RRP", "bn", "Wednesday level",
                ("liquidity.walcl", "liquidity.tga", "liquidity.rrp")),
    "change_4w": Rule("change over 4 weeks", "net liquidity less that of 4 weeks before",
                      "N_t − N_{t−4}", "bn_change", "4 weeks", ("liquidity.net",)),
    "change_13w": Rule("change over 13 weeks", "net liquidity less that of 13 weeks before",
                       "N_t − N_{t−13}", "bn_change", "13 weeks", ("liquidity.net",)),
    "qt_pace": Rule("pace of the balance sheet", "median slope over all pairs of weekly WALCL "
                    "levels; under −10 QT, over +10 expanding", "Theil-Sen · 13/3", "bn_change",
                    "9 weekly levels, a month", ("liquidity.walcl",), 9),
    "walcl": Rule("Fed's total assets", "WALCL", unit="bn", window="Wednesday level"),
    "tga": Rule("Treasury's account", "the Wednesday level, not the week's average", unit="bn",
                window="Wednesday level, at most 6 days old"),
    "rrp": Rule("overnight reverse repos", "RRPONTSYD", unit="bn",
                window="as of Wednesday, at most 6 days old"),
    "history": Rule("net liquidity of past weeks", "date and level", unit="bn",
                    window="last 104 weeks"),
    **{
        f"{bank}{key}": rule
        for bank, name in (("fed_rate", "Federal Reserve"), ("boj_rate", "Bank of Japan"))
        for key, rule in {
            "": Rule(f"rate of the {name}", "level and last change with its date"),
            ".level": Rule(f"rate of the {name}", "newest published value", unit="rate"),
            ".change": Rule(f"last change by the {name}", "step between neighbours of at least "
                            "0.10 points, 0.04 between monthly means", "r_t − r_{t−1}",
                            "difference", "",
                            (f"liquidity.{bank}.last_change",)),
        }.items()
    },
}  # fmt: skip

_SOURCES: dict[str, Rule] = {
    "": Rule("health of a source", "its state, and since when"),
    "since": Rule("begin of this state", "Unix seconds", unit="plain"),
    "last_data": Rule("newest data", "Unix seconds of the last receipt", unit="plain"),
    "next_try": Rule("next try, or next poll", "Unix seconds", unit="plain"),
    "latency_ms": Rule("latency", "milliseconds from question to answer", unit="plain"),
    "reconnects": Rule("reconnects", "since the start", unit="count"),
    "bad_ticks": Rule("bad ticks", "prices off the others' median by more than bad_tick",
                      unit="count"),
    "bad_frames": Rule("bad messages", "messages that could not be read", unit="count"),
    "gaps": Rule("gaps", "holes in a sequence of messages", unit="count"),
}  # fmt: skip


def _under(prefix: str, rules: dict[str, Rule]) -> dict[str, Rule]:
    return {f"{prefix}.{key}".rstrip("."): rule for key, rule in rules.items()}


RULES: dict[str, Rule] = {
    "instruments.*": Rule("one row", "everything about one instrument"),
    **_under("instruments.*", INSTRUMENTS),
    **_under("abc", _ABC),
    **{
        key: rule
        for name, (words, symbols, inputs) in COMPONENTS.items()
        for key, rule in {
            f"abc.components.{name}": Rule(f"component {name}", words, symbols),
            f"abc.components.{name}.value": Rule(f"component {name}", words,
                                                 f"clip({symbols}, 0, 1)", "plain", _GRID, inputs),
            f"abc.components.{name}.weight": Rule("weight", "fixed; weights add up to 1", "w",
                                                  "plain"),
            f"abc.components.{name}.contribution": Rule(
                f"points of {name}", "its share of the score; contributions add up to it",
                "100 w s / Σ w", "points", _GRID,
                (f"abc.components.{name}.value", f"abc.components.{name}.weight"),
            ),
        }.items()
    },
    **_under("relative_streaks.*", _RELATIVE),
    **_under("correlation.*", _CORRELATION),
    **_under("beta_gap", _BETA),
    "dispersion": Rule("dispersion", "how far the assets lie apart"),
    "dispersion.value": Rule("dispersion", "sample deviation of the z-scores of the assets and BTC",
                             "sd(z_20); " + _Z, "plain", "20 sessions", (), 20),
    "dispersion.percentile": Rule("dispersion percentile", "mid-rank in all its history, today "
                                  "included", "(#less + ½ #equal) / N", "percentile",
                                  "all history", ("dispersion.value",)),
    "dispersion.btc_rank": Rule("rank of BTC", "1: the strongest of the assets", "", "count",
                                "20-session z-scores"),
    "breadth20": Rule("breadth", "group-weighted share of the basket that is up and ahead of BTC",
                      "share of R_20 > 0 and z_20 > z_btc", "share", "20 sessions", (), 20),
    "rotation": Rule("rotation", "risk-off: spx < −0.5, vix > 2, rel < 0; broad risk-on: "
                     "rel > 0.5, spx > 0.5, hyg > 0, vix ≤ 1, btc > 0; rotation: rel > 0.5; "
                     "large-cap led: spx > 0.5; else mixed; two closes each",
                     inputs=("rotation.inputs.*",)),
    "rotation.inputs": Rule("inputs of the label", "20-session values on " + _GRID),
    **{
        f"rotation.inputs.{name}": Rule(title, "input of the rotation label", symbols,
                                        "plain", "20 sessions; 60 for the scale")
        for name, (title, symbols) in _ROTATION_INPUTS.items()
    },
    "rotation_map.*": Rule("rotation map (approx.)", "strength against SPX and its momentum; the "
                           "original's formulas are not public"),
    "rotation_map.*.ratio": Rule("relative strength (approx.)", "z-score of the price ratio to SPX",
                                 "100 + (q − SMA63) / SD63, q = 100 P / SPX", "plain",
                                 "63 sessions", (), 63),
    "rotation_map.*.momentum": Rule("momentum of it (approx.)", "z-score of its 10-session change",
                                    "100 + z63(ratio_t − ratio_{t−10})", "plain", "63 sessions",
                                    ("rotation_map.{0}.ratio",), 63),
    "rotation_map.*.tail": Rule("tail", "ratio and momentum, a point every 5 sessions",
                                unit="plain", window="last 25 sessions"),
    "leadlag.*": Rule("lead and lag", "a lead is told only if its peak beats lag 0, p < 0.01 by "
                      "circular shifts, and both halves of the sample agree"),
    "leadlag.*.lags": Rule("correlation by lag", "k > 0: the first leads"),
    "leadlag.*.lags.*": Rule("correlation at a lag", "k > 0: the first leads by k sessions",
                             "corr(x_{t−k}, y_t)", "plain", "all aligned sessions"),
    "leadlag.*.band": Rule("band of chance", "about 95 % of lags without a lead lie inside",
                           "1.96 / √n", "plain", "all aligned sessions"),
    "leadlag.*.peak": Rule("lag of the peak", "lag with the largest |r|", "argmax |r_k|", "run",
                           "lags of −5 to 5", ("leadlag.{0}.lags.*",)),
    **_under("liquidity", _LIQUIDITY),
    "precedents.january": Rule("January rule", "Januaries in which RUT beat SPX by 5.00 points"),
    "precedents.january.years": Rule("years that qualify", "lead of at least 5.00 points",
                                     unit="text", window="{start}"),
    "precedents.january.near": Rule("near misses", "lead of 4.50 to 5.00 points", unit="text",
                                    window="{start}"),
    "precedents.january.kept": Rule("years that kept the lead", "RUT ahead over the whole year",
                                    unit="text", window="{start}",
                                    inputs=("precedents.january.years",)),
    "precedents.january.current_lead_pp": Rule("lead this January", "calendar-January return of "
                                               "RUT less SPX's", "100 (r_rut − r_spx)", "pp",
                                               "January, to date while it runs"),
    "precedents.january.qualifies": Rule("this January qualifies", "known when January is over",
                                         unit="text",
                                         inputs=("precedents.january.current_lead_pp",)),
    "catchup.*": Rule("catch-up prices", "what BTC must trade at, since an anchor"),
    "catchup.*.*": Rule("catch-up price", "what BTC must trade at to have done as well as the "
                        "target since the anchor", "B_0 · C_t / C_0"),
    "catchup.*.*.price": Rule("catch-up price", "what BTC must trade at to have done as well as "
                              "the target since the anchor; basket: group-weighted mean",
                              "B_0 · C_t / C_0", "price", "", ("catchup.{0}.{1}.since",)),
    "claims.*": Rule("claim", "what is said of the market, against the data on hand"),
    "ledger.*": Rule("record ledger", "how rare today's value is, from the nearer end of its own "
                     "history", n="ledger.{0}.n"),
    "ledger.*.value": Rule("value that is ranked", "of the last session", unit="plain",
                           n="ledger.{0}.n"),
    "ledger.*.rank": Rule("rank", "1: the highest, or the lowest, of all", "1 + #beyond", "count",
                          "all its history", ("ledger.{0}.value",), "ledger.{0}.n"),
    "ledger.*.n": Rule("values ranked", "sessions with a value", unit="count"),
    "sentence": Rule("sentence", "templates over the confirmed values of the Reading"),
    **_under("sources.*", _SOURCES),
}  # fmt: skip
