"""portcullis.toml out of nested dicts."""

import datetime

# Values of a table that are tables themselves: [[s2s.rule]].
_ARRAYS_OF_TABLES = {"s2s": ("rule", "exception")}


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pairs(table, leave_out=()):
    return [f"{k} = {_value(v)}" for k, v in table.items() if k not in leave_out]


def to_toml(settings):
    """settings: top-level scalars and tables of scalars, lists and inline tables; "host" is a list
    of tables with one table "backend" below each, "rule" and "exception" of "s2s" are lists of
    tables. Dates are datetime.date."""
    lines = _pairs({k: v for k, v in settings.items() if not isinstance(v, dict) and k != "host"})
    for name, table in settings.items():
        if not isinstance(table, dict):
            continue
        arrays = _ARRAYS_OF_TABLES.get(name, ())
        lines += [f"[{name}]"] + _pairs(table, arrays)
        for array in arrays:
            for element in table.get(array, []):
                lines += [f"[[{name}.{array}]]"] + _pairs(element)
    for host in settings.get("host", []):
        lines += ["[[host]]"] + _pairs(host, ("backend",))
        lines += ["[host.backend]"] + _pairs(host["backend"])
    return "\n".join(lines) + "\n"
