"""Tables and plots of the runs of accelat.py."""
import collections, json, statistics

COLOURS = ["#0a58ca", "#d9480f", "#2b8a3e", "#862e9c", "#5f3dc4", "#868e96", "#c2255c", "#0b7285"]


def load(folder):
    """{setup: {(label, rate): [run]}}"""
    setups = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in sorted((folder / "runs").glob("*.json")):
        run = json.loads(path.read_text())
        setups[run["setup"]][run["label"], run["rate"]].append(run)
    return setups


def best(groups):
    """The rate of each label that has the most seeds, then the best accuracy: those of the grid have one."""
    chosen = {}
    for (label, rate), runs in groups.items():
        rank = (len(runs), statistics.mean(pgd(run) or 0 for run in runs))
        if label not in chosen or rank > chosen[label][0]:
            chosen[label] = (rank, rate, runs)
    return {label: (rate, runs) for label, (_, rate, runs) in chosen.items()}


def seconds(run, row):
    """CPU seconds at a row: wall seconds, shared out as the whole run's were."""
    return row["seconds"] * run["cpu"] / max(run["rows"][-1]["seconds"], 1e-9)


def reach(run, target):
    return next((seconds(run, row) for row in run["rows"] if row["robust"] >= target), None)


def spread(values, scale=1, digits=1):
    values = [value * scale for value in values if value is not None]
    if not values:
        return "–"
    text = f"{statistics.mean(values):.{digits}f}"
    return text + (f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else "")


def pgd(run):
    return next((value for name, value in run["test"].items() if name.startswith("pgd")), None)


def table(groups):
    chosen = best(groups)
    rival = [statistics.mean(run["rows"][-1]["robust"] for run in runs)
             for label, (_, runs) in chosen.items() if label in ("onecycle", "constant")]
    targets = [0.8 * max(rival), 0.95 * max(rival)] if rival else []
    names = "".join(f" CPU s to {target * 100:.0f} % |" for target in targets)
    lines = [f"| schedule | rate | seeds | epochs | CPU s |{names} clean, test | PGD-20, test |",
             "|---" * (7 + len(targets)) + "|"]
    for label, (rate, runs) in chosen.items():
        cells = [label, f"{rate:g}" if rate else "found", str(len(runs)),
                 spread([run["rows"][-1]["epoch"] for run in runs], digits=2),
                 spread([run["cpu"] for run in runs], digits=0)]
        for target in targets:
            times = [reach(run, target) for run in runs]
            missed = sum(value is None for value in times)
            cells.append(spread(times, digits=0) + (f" ({missed} never)" if missed else ""))
        cells += [spread([run["test"].get("clean") for run in runs], 100), spread([pgd(run) for run in runs], 100)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def grids(groups):
    lines = ["| rival | rate | clean, test | PGD-20, test |", "|---|---|---|---|"]
    for (label, rate), runs in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        first = [run for run in runs if run["seed"] == 1]
        if rate and first:
            lines.append(f"| {label} | {rate:g} | {spread([first[0]['test'].get('clean')], 100)} "
                         f"| {spread([pgd(first[0])], 100)} |")
    return "\n".join(lines)


def plot(title, groups, x, y, xname, yname):
    """Every seed a line, a colour for each schedule."""
    lines = {label: [[(x(run, row), y(row)) for row in run["rows"] if "robust" in row] for run in runs]
             for label, (_, runs) in best(groups).items()}
    points = [p for seeds in lines.values() for seed in seeds for p in seed]
    right, top = max(p[0] for p in points) or 1, max(p[1] for p in points) * 1.05 or 1
    at = lambda p: f"{70 + 560 * p[0] / right:.1f},{340 - 290 * p[1] / top:.1f}"
    text = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 390" font-family="sans-serif" font-size="12">',
            '<rect width="860" height="390" fill="#fff"/>', f'<text x="70" y="26" font-size="15">{title}</text>']
    for i in range(5):
        v, h = top * i / 4, right * i / 4
        text.append(f'<path d="M{at((0, v))}L{at((right, v))}" stroke="#ddd"/>')
        text.append(f'<text x="62" y="{344 - 290 * i / 4:.1f}" text-anchor="end">{v:.3g}</text>')
        text.append(f'<text x="{70 + 140 * i}" y="358" text-anchor="middle">{h:.3g}</text>')
    text.append(f'<text x="350" y="380" text-anchor="middle">{xname}</text>')
    text.append(f'<text x="20" y="195" transform="rotate(-90 20 195)" text-anchor="middle">{yname}</text>')
    for i, (label, seeds) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        for seed in seeds:
            text.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{" ".join(map(at, seed))}"/>')
        text.append(f'<text x="645" y="{60 + 20 * i}" fill="{colour}">{label}</text>')
    return "\n".join(text) + "\n</svg>\n"


def report(folder):
    for setup, groups in load(folder).items():
        print(f"## {setup}\n\n{table(groups)}\n\n{grids(groups)}\n")
        for name, y, yname in (("robust", lambda row: row["robust"] * 100, "PGD-10 accuracy, validation, %"),
                               ("rate", lambda row: row.get("rate", 0), "learning rate")):
            path = folder / f"{setup}-{name}.svg"
            path.write_text(plot(setup, groups, seconds, y, "CPU seconds", yname))
            print(f"![{setup}]({path.name})\n")
