"""Every shipped mart of one location and date, counted from its raw files with csv and decimal alone.

usage: python3 marts.py FOLDER DATE
Prints JSON: the rows of each mart as objects. Amounts are text, what is unknown is null.
"""

import csv
import json
import math
import os
import re
import sys
from collections import OrderedDict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60
NANO = Decimal("0.000000001")
csv.field_size_limit(1 << 30)


def read(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]


def number(text):
    return Decimal(text.replace(",", "")) if text else None


def zero(text):
    return number(text) or Decimal(0)


def total(values):
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def true(text):
    return text.lower() in ("true", "yes")


def divided(part, whole):
    if part is None or whole is None or whole == 0:
        return None
    return (part / whole).quantize(NANO, ROUND_HALF_UP)


def moment(text):
    return datetime.strptime(text, "%m/%d/%y %I:%M %p") if text else None


def daypart(text):
    at = moment(text)
    if at is None:
        return "(none)"
    for first, name in ((21, "Late night"), (16, "Dinner"), (11, "Lunch"), (5, "Breakfast")):
        if at.hour >= first:
            return name
    return "Late night"


def grouped(rows, key):
    groups = OrderedDict()
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.items()


def least(values):
    known = [value for value in values if value]
    return min(known) if known else None


class Day:
    def __init__(self, folder, day):
        self.date = date.fromisoformat(day)
        self.orders = read(folder, "OrderDetails.csv")
        self.items = read(folder, "ItemSelectionDetails.csv")
        self.modifiers = read(folder, "ModifiersSelectionDetails.csv")
        self.payments = read(folder, "PaymentDetails.csv")
        self.checks = read(folder, "CheckDetails.csv")
        self.cash = read(folder, "CashEntries.csv")
        self.kitchen = read(folder, "KitchenTimings.csv")
        self.shifts = read(folder, "TimeEntries.csv")
        self.report = read(folder, "AllItemsReport.csv")
        for payment in self.payments:
            payment["good"] = payment["Status"] in ("CAPTURED", "AUTHORIZED", "CAPTURE_IN_PROGRESS")
            payment["back"] = zero(payment["Refund Amount"]) + zero(payment["Refund Tip Amount"])


def order_facts(day):
    items = dict(grouped(day.items, lambda item: item["Order Id"]))
    for order in day.orders:
        own = items.get(order["Order Id"], [])
        sold = [item for item in own if not true(item["Void?"])]
        void = [item for item in own if true(item["Void?"])]
        net, discount = number(order["Amount"]), zero(order["Discount Amount"])
        options = order["Dining Options"]
        yield {
            "order_id": order["Order Id"],
            "service": order["Service"] or "(none)",
            "revenue_center": order["Revenue Center"] or "(none)",
            "dining_option": "(none)" if not options else "Mixed" if ", " in options else options,
            "order_source": order["Order Source"] or "(none)",
            "daypart": daypart(order["Opened"]),
            "is_voided": true(order["Voided"]),
            "guests": number(order["# of Guests"]),
            "gross_sales": net + discount,
            "discounts": discount,
            "net_sales": net,
            "deferred_sales": sum((zero(item["Net Price"]) for item in sold if true(item["Deferred"])), Decimal(0)),
            "service_charges": net - sum((zero(item["Net Price"]) for item in sold), Decimal(0)),
            "tax": zero(order["Tax"]),
            "item_tax": sum((zero(item["Tax"]) for item in sold), Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP),
            "tip": zero(order["Tip"]),
            "gratuity": zero(order["Gratuity"]),
            "total_due": number(order["Total"]),
            "void_qty": sum((zero(item["Qty"]) for item in void), Decimal(0)),
            "void_amount": sum((zero(item["Gross Price"]) for item in void), Decimal(0)),
        }


SALES_KEY = ("daypart", "service", "revenue_center", "dining_option", "order_source")


def daily_sales(day):
    for key, each in grouped(order_facts(day), lambda fact: tuple(fact[name] for name in SALES_KEY)):
        kept = [fact for fact in each if not fact["is_voided"]]
        guests = total([Decimal(0) if fact["is_voided"] else fact["guests"] for fact in each])
        row = dict(zip(SALES_KEY, key))
        for name in ("gross_sales", "discounts", "net_sales", "deferred_sales", "service_charges", "tax"):
            row[name] = total([fact[name] for fact in each])
        row["tips"] = total([fact["tip"] for fact in each])
        for name in ("gratuity", "total_due", "void_qty", "void_amount"):
            row[name] = total([fact[name] for fact in each])
        row["orders"], row["voided_orders"], row["guests"] = len(kept), len(each) - len(kept), guests
        row["average_order"] = divided(row["net_sales"], Decimal(len(kept)))
        row["net_per_guest"] = divided(row["net_sales"], guests)
        yield row


def product_mix(day):
    def key(item):
        return (
            item["Menu"] or "(none)",
            item["Menu Group"] or "(none)",
            item["Item Id"] or "(open)",
            item["Sales Category"] or "(none)",
        )

    for (menu, group, item_id, category), each in grouped(day.items, key):
        sold = [item for item in each if not true(item["Void?"])]
        void = [item for item in each if true(item["Void?"])]

        def sold_sum(header):
            return total([number(item[header]) for item in sold] + [Decimal(0) for _ in void])

        yield {
            "menu": menu,
            "menu_group": group,
            "item_id": item_id,
            "sales_category": category,
            "menu_item": least(item["Menu Item"] for item in each),
            "qty": sold_sum("Qty"),
            "gross_sales": sold_sum("Gross Price"),
            "discounts": sold_sum("Gross Price") - sold_sum("Net Price"),
            "net_sales": sold_sum("Net Price"),
            "deferred_sales": sum((zero(item["Net Price"]) for item in sold if true(item["Deferred"])), Decimal(0)),
            "void_qty": sum((zero(item["Qty"]) for item in void), Decimal(0)),
            "void_amount": sum((zero(item["Gross Price"]) for item in void), Decimal(0)),
            "orders": len({item["Order Id"] for item in sold}),
        }


def modifier_mix(day):
    parents = {
        item_id: (total(number(one["Qty"]) for one in each), total(number(one["Gross Price"]) for one in each))
        for item_id, each in grouped([item for item in day.items if not true(item["Void?"])], lambda item: item["Item Id"])
        if item_id
    }

    def key(row):
        return (
            row["Parent Menu Selection Item ID"] or "(none)",
            row["Option Group Name"] or "(none)",
            row["Modifier Id"] or "(note)",
        )

    for (parent, group, modifier), each in grouped([row for row in day.modifiers if not true(row["Void?"])], key):
        qty, gross = parents.get(parent, (None, None))
        own = total(number(row["Qty"]) for row in each)
        yield {
            "parent_item_id": parent,
            "option_group": group,
            "modifier_id": modifier,
            "modifier": least(row["Modifier"] for row in each if row["Modifier Id"]),
            "qty": own,
            "gross_sales": total(number(row["Gross Price"]) for row in each),
            "parent_qty": qty,
            "parent_gross_sales": gross,
            "share_of_parents": divided(own, qty),
        }


def tender(payment):
    kind = payment["Type"]
    name = payment["Card Type"] if kind == "Credit" else payment["Other Type"] if kind == "Other" else kind
    return name or "(none)"


def is_deposited(payment):
    return payment["good"] and (payment["Type"] or "(none)") not in ("Gift Card", "House Account")


def payments_daily(day):
    def key(payment):
        return payment["Type"] or "(none)", tender(payment), payment["Status"] or "(none)"

    for (kind, name, status), each in grouped(day.payments, key):
        good = [payment for payment in each if payment["good"]]
        deposited = [payment for payment in each if is_deposited(payment)]
        yield {
            "payment_type": kind,
            "tender": name,
            "status": status,
            "payments": len(each),
            "amount": total(number(payment["Amount"]) for payment in each),
            "tips": sum((zero(payment["Tip"]) for payment in each), Decimal(0)),
            "gratuity": sum((zero(payment["Gratuity"]) for payment in each), Decimal(0)),
            "total": total(number(payment["Total"]) for payment in each),
            "collected": sum((zero(payment["Total"]) for payment in good), Decimal(0)),
            "refunds": sum((zero(payment["Refund Amount"]) for payment in good), Decimal(0)),
            "refunded_tips": sum((zero(payment["Refund Tip Amount"]) for payment in good), Decimal(0)),
            "fees": total(number(payment["V/MC/D Fees"]) for payment in good),
            "expected_deposit": sum(
                (zero(one["Total"]) - one["back"] - zero(one["V/MC/D Fees"]) for one in deposited), Decimal(0)
            ),
        }


def deposits(day):
    groups = {"Amex": "American Express", "Cash": "Cash"}
    groups.update({card: "Cards" for card in ("Visa", "Mastercard", "Discover", "JCB", "Unknown")})
    moves = []
    for payment in day.payments:
        if not is_deposited(payment):
            continue
        name = tender(payment)
        group, days = groups.get(name, name), timedelta(days=1 if name in groups else 7)
        moves.append((group, day.date + days, zero(payment["Total"]), Decimal(0), zero(payment["V/MC/D Fees"])))
        if payment["back"] != 0:
            at = moment(payment["Refund Date"])
            moves.append((group, (at.date() if at else day.date) + days, Decimal(0), payment["back"], Decimal(0)))
    for (group, on), each in grouped(moves, lambda move: move[:2]):
        collected, refunds, fees = (sum((move[at] for move in each), Decimal(0)) for at in (2, 3, 4))
        yield {
            "tender_group": group,
            "expected_on": on.isoformat(),
            "collected": collected,
            "refunds": refunds,
            "fees": fees,
            "expected": collected - refunds - fees,
        }


CASH = {
    "cash_payments": ("CASH_PAYMENT", "VOID_CASH_PAYMENT"),
    "tips_paid_out": ("TIP_OUT",),
    "payouts": ("PAY_OUT", "UNDO_PAY_OUT", "DRIVER_REIMBURSEMENT"),
    "cash_in_out": ("CASH_IN", "CASH_OUT"),
    "collected": ("CASH_COLLECTED",),
}


def cash_daily(day):
    for drawer, each in grouped(day.cash, lambda entry: entry["Cash Drawer"] or "(none)"):
        closed = [entry for entry in each if entry["Action"].startswith("CLOSE_OUT_")]
        counted = sum((zero(entry["Amount"]) for entry in each), Decimal(0))
        over = sum((zero(entry["Amount"]) for entry in closed), Decimal(0))
        row = {"cash_drawer": drawer}
        for name, actions in CASH.items():
            row[name] = sum((zero(entry["Amount"]) for entry in each if entry["Action"] in actions), Decimal(0))
        row["other"] = counted - over - sum((row[name] for name in CASH), Decimal(0))
        row["expected_cash"] = counted - over
        row["over_short"], row["counted_cash"] = (over, counted) if closed else (None, None)
        row["no_sales"] = sum(entry["Action"] == "NO_SALE" for entry in each)
        yield row


SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def seconds(text):
    parts = re.findall(r"(\d+)\s+(second|minute|hour|day|week)s?", text)
    return sum(int(count) * SECONDS[unit] for count, unit in parts) if parts else None


def percentile(values, share):
    place = share * (len(values) - 1)
    low, high = math.floor(place), math.ceil(place)
    return values[low] + (values[high] - values[low]) * (place - low)


def kitchen_times(day):
    timed = [(row, seconds(row["Fulfillment Time"])) for row in day.kitchen]
    known = [(row["Station"] or "(none)", daypart(row["Fired Date"]), taken) for row, taken in timed if taken is not None]
    for (station, part), each in grouped(known, lambda one: one[:2]):
        values = sorted(one[2] for one in each)
        row = {"station": station, "daypart": part, "tickets": len(values)}
        for name, share in (("p50_seconds", 0.5), ("p90_seconds", 0.9), ("p95_seconds", 0.95)):
            row[name] = f"{percentile(values, share):.6f}"
        row["over_target"] = sum(value > 900 for value in values)
        row["longest_seconds"] = values[-1]
        yield row


def exceptions(day):
    def row(kind, identifier, reason, amount):
        return {"kind": kind, "id": identifier or None, "reason": reason or None, "amount": amount}

    for order in day.orders:
        if true(order["Voided"]):
            lost = total(number(item["Gross Price"]) for item in day.items if item["Order Id"] == order["Order Id"])
            yield row("voided_order", order["Order Id"], None, lost)
    for item in day.items:
        if true(item["Void?"]):
            yield row("voided_item", item["Item Selection Id"], item["Menu Item"], number(item["Gross Price"]))
    given = [check for check in day.checks if zero(check["Discount"]) != 0]
    for identifier, each in grouped(given, lambda check: check["Check Id"]):
        is_comp = any("comp" in check["Reason of Discount"].lower() for check in each)
        reason = least(check["Reason of Discount"] for check in each)
        amount = min(number(check["Discount"]) for check in each)
        yield row("comp" if is_comp else "discount", identifier, reason, amount)
    for payment in day.payments:
        identifier = payment["Payment Id"]
        if payment["back"] != 0:
            yield row("refund", identifier, payment["Refunded"], payment["back"])
        if payment["Status"] == "VOIDED":
            yield row("voided_payment", identifier, payment["Status"], number(payment["Total"]))
        if zero(payment["Total"]) < 0:
            yield row("cash_given_back", identifier, payment["Type"], number(payment["Total"]))
    for entry in day.cash:
        if entry["Action"] == "NO_SALE":
            yield row("no_sale", entry["Entry Id"], entry["No Sale Reason"], number(entry["Amount"]))


SHIFTS = {
    "hours": "Total Hours",
    "regular_hours": "Regular Hours",
    "overtime_hours": "Overtime Hours",
    "regular_cost": "Regular Pay",
    "overtime_cost": "Overtime Pay",
    "cost": "Total Pay",
    "cash_tips": "Cash Tips Declared",
    "other_tips": "Non Cash Tips",
    "tips": "Total Tips",
}


def labour_daily(day):
    for title, each in grouped(day.shifts, lambda shift: shift.get("Job Title") or "(none)"):
        row = {"job_title": title, "people": len({shift["Employee Id"] for shift in each})}
        for name, header in SHIFTS.items():
            row[name] = total(number(shift.get(header, "")) for shift in each)
        row["open_shifts"] = sum(not shift["Out Date"] for shift in each)
        row["auto_clock_outs"] = sum(true(shift.get("Auto Clock-out", "")) for shift in each)
        yield row


def daily_location(day):
    sales, labour = list(daily_sales(day)), list(labour_daily(day))
    if not sales:
        return
    net = total(row["net_sales"] for row in sales)
    hours, cost = total(row["hours"] for row in labour), total(row["cost"] for row in labour)
    yield {
        "net_sales": net,
        "orders": sum(row["orders"] for row in sales),
        "guests": total(row["guests"] for row in sales),
        "labour_hours": hours,
        "labour_cost": cost,
        "sales_per_labour_hour": divided(net, hours),
        "labour_rate": divided(cost, net),
        "is_complete": bool(day.checks and day.payments and day.report),
    }


def same_store(day):
    for row in daily_location(day):
        yield {"net_sales": row["net_sales"], "net_sales_before": None, "is_comparable": False, "growth": None}


def guests(day):
    for _, each in grouped([check for check in day.checks if check["Customer Id"]], lambda check: check["Customer Id"]):
        yield {
            "visits": 1,
            "locations": 1,
            "checks": len(each),
            "first_date": day.date.isoformat(),
            "last_date": day.date.isoformat(),
            "spend": total(number(check["Total"]) for check in each),
        }


def check_payments(day):
    voided = {order["Order Id"] for order in day.orders if true(order["Voided"])}
    found = OrderedDict()

    def of(identifier):
        return found.setdefault(identifier, {"checks": 0, "good": 0, "due": [], "paid": Decimal(0), "back": Decimal(0), "orders": []})

    for check in day.checks:
        of(check["Check Id"])["checks"] += 1
        of(check["Check Id"])["due"].append(number(check["Total"]))
    for payment in day.payments:
        one = of(payment["Check Id"] or "(none)")
        one["orders"].append(payment["Order Id"])
        if payment["good"]:
            one["good"] += 1
            one["paid"] += zero(payment["Total"])
            one["back"] += payment["back"]
    for item in day.items:
        if item["Check Id"]:
            of(item["Check Id"])["orders"].append(item["Order Id"])
    for identifier, one in found.items():
        if one["checks"] == 0 and one["paid"] == 0 and one["good"] == 0:
            continue
        order, due, paid = least(one["orders"]), total(one["due"]), one["paid"]
        if one["checks"] == 0:
            state, expected = "ahead", paid
        elif order in voided:
            state, expected = "voided", Decimal(0)
        elif due is not None and due != 0 and one["good"] == 0:
            state, expected = "unpaid", Decimal(0)
        else:
            state, expected = "paid", paid if due == paid - one["back"] else due
        yield {
            "check_id": identifier,
            "order_id": order,
            "state": state,
            "due": due,
            "collected": paid,
            "refunds": one["back"],
            "expected": expected,
        }


def day_sheet(day):
    sales, facts = list(daily_sales(day)), list(order_facts(day))
    paid, drawers, checks = list(payments_daily(day)), list(cash_daily(day)), list(check_payments(day))
    everything = [row for row in day.report if row["Menu Name"] == "ALL MENUS" and not row["Menu Group"] and not row["Menu Item"]]
    cards = [
        row
        for row in day.report
        if row["Menu Name"] == "Gift Cards" and not (row["Menu Group"] or row["Subgroup"] or row["Menu Item"])
    ]
    lines = []

    def line(section, name, amount, other=None):
        lines.append({"section": section, "line": name, "amount": amount, "other_amount": other})

    def reported(header, rows=everything):
        return sum((zero(row[header]) for row in rows), Decimal(0)) if day.report else None

    def with_cards(amount, header):
        if not day.report:
            return None
        return amount if amount == reported(header) + reported(header, cards) else reported(header)

    def of(rows, name):
        return total(row[name] for row in rows)

    redeemed = sum((row["collected"] for row in paid if row["payment_type"] == "Gift Card"), Decimal(0))
    if sales:
        gross, net, sold = of(sales, "gross_sales"), of(sales, "net_sales"), of(sales, "deferred_sales")
        line("sales", "gross sales", gross, with_cards(gross, "Gross Amount"))
        line("sales", "discounts", of(sales, "discounts"), reported("Discount Amount"))
        line("sales", "net sales", net, with_cards(net, "Net Amount"))
        line("sales", "of it service charges", of(sales, "service_charges"))
        line("sales", "tax", of(sales, "tax"), of(facts, "item_tax"))
        line("sales", "tips", of(sales, "tips"))
        line("sales", "gratuity", of(sales, "gratuity"))
        due = sum((row["due"] or Decimal(0) if row["state"] in ("paid", "unpaid") else Decimal(0) for row in checks), Decimal(0))
        line("sales", "total due", of(sales, "total_due"), due if checks else None)
        is_reported = day.report and sold == reported("Net Amount", cards)
        line("gift cards", "sold", sold, sold if is_reported else None)
        line("gift cards", "change of liability", sold - redeemed)
    for kind, each in grouped(paid, lambda row: row["payment_type"]):
        line("payments", kind, of(each, "collected"))
    if paid:
        line("payments", "collected", of(paid, "collected"), of(checks, "expected") if checks else None)
        line("payments", "refunds", of(paid, "refunds") + of(paid, "refunded_tips"))
        line("payments", "card fees", of(paid, "fees"))
        line("deposits", "expected", of(paid, "expected_deposit"))
        line("gift cards", "redeemed", redeemed)
    if drawers:
        cash = sum((row["collected"] for row in paid if row["payment_type"] == "Cash"), Decimal(0))
        line("cash", "cash payments", of(drawers, "cash_payments"), cash)
        for name, column in (
            ("tips paid out", "tips_paid_out"),
            ("payouts", "payouts"),
            ("expected cash", "expected_cash"),
            ("counted cash", "counted_cash"),
            ("over or short", "over_short"),
        ):
            line("cash", name, of(drawers, column))
    for group, each in grouped(deposits(day), lambda row: row["tender_group"]):
        line("deposits", group, of(each, "expected"))
    for one in lines:
        amount, other = one["amount"], one["other_amount"]
        one["difference"] = None if amount is None or other is None else amount - other
        yield one


MARTS = (
    order_facts,
    daily_sales,
    product_mix,
    modifier_mix,
    payments_daily,
    deposits,
    cash_daily,
    kitchen_times,
    exceptions,
    labour_daily,
    daily_location,
    same_store,
    guests,
    check_payments,
    day_sheet,
)


def plain(value):
    return format(value, "f") if isinstance(value, Decimal) else value


def main():
    folder, on = sys.argv[1:3]
    day = Day(folder, on)
    marts = {mart.__name__: [{name: plain(value) for name, value in row.items()} for row in mart(day)] for mart in MARTS}
    json.dump(marts, sys.stdout)


main()
