"""Tables and plots (matplotlib) of the runs of accelat.py."""
import collections, json, statistics

COLOURS = ["#0a58ca", "#d9480f", "#2b8a3e", "#862e9c"]


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
    order = sorted(chosen, key=lambda label: ("," in label, label != "brief", label))
    return {label: chosen[label][1:] for label in order}


def reach(run, target):
    """Epochs to an accuracy under attack on the validation pictures."""
    return next((row["epoch"] for row in run["rows"] if row.get("robust", 0) >= target), None)


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
             for label, (_, runs) in chosen.items() if not label.startswith("brief")]
    targets = [0.8 * max(rival), 0.95 * max(rival)] if rival else []
    machines = collections.Counter(run["machine"] for _, runs in chosen.values() for run in runs)
    usual = machines.most_common(1)[0][0]
    names = "".join(f" epochs to {target * 100:.0f} % |" for target in targets)
    lines = [f"| schedule | rate | seeds | epochs |{names} CPU s an epoch | clean, test | PGD-20, test |",
             "|---" * (7 + len(targets)) + "|"]
    for label, (rate, runs) in chosen.items():
        cells = [label, f"{rate:g}" if rate else "default", str(len(runs)),
                 spread([run["rows"][-1]["epoch"] for run in runs])]
        for target in targets:
            times = [reach(run, target) for run in runs]
            missed = sum(value is None for value in times)
            cells.append(spread(times) + (f" ({missed} never)" if missed else ""))
        cells.append(spread([run["cpu"] / run["rows"][-1]["epoch"] for run in runs if run["machine"] == usual]))
        cells += [spread([run["test"].get("clean") for run in runs], 100), spread([pgd(run) for run in runs], 100)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + f"\n\nCPU s: {usual}."


def grids(groups):
    """PGD-20 accuracy on the test pictures at each rate, first seed."""
    found = collections.defaultdict(dict)
    for (label, rate), runs in groups.items():
        if rate:
            found[label].update({rate: 100 * pgd(run) for run in runs if run["seed"] == 1})
    rates = sorted({rate for row in found.values() for rate in row})
    lines = ["| PGD-20 at rate | " + " | ".join(f"{rate:g}" for rate in rates) + " |", "|---" * (len(rates) + 1) + "|"]
    for label, row in found.items():
        lines.append(f"| {label} | " + " | ".join(f"{row[rate]:.1f}" if rate in row else "–" for rate in rates) + " |")
    return "\n".join(lines)


def plot(setup, groups, path):
    """Accuracy under attack and rate over epochs: every seed a line, a colour for each schedule; no parts."""
    import matplotlib
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": setup, "font.size": 9})
    from matplotlib import pyplot
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    whole = {label: runs for label, (_, runs) in best(groups).items() if "," not in label}
    for colour, (label, runs) in zip(COLOURS, whole.items()):
        for i, run in enumerate(runs):
            rows = [row for row in run["rows"] if "robust" in row]
            epochs, name = [row["epoch"] for row in rows], label if i == 0 else None
            panels[0].plot(epochs, [100 * row["robust"] for row in rows], color=colour, label=name, linewidth=1)
            panels[1].plot(epochs, [row.get("rate", 0) for row in rows], color=colour, linewidth=1)
    for panel, title in zip(panels, ["accuracy under PGD-10, validation, %", "learning rate"]):
        panel.set(title=f"{setup}: {title}", xlabel="epoch", ylim=(0, None), xlim=(0, None))
        panel.grid(alpha=0.3)
    panels[0].legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def report(folder):
    for setup, groups in load(folder).items():
        plot(setup, groups, folder / f"{setup}.svg")
        print(f"### {setup}\n\n![accuracy and rate](accelat/{setup}.svg)\n\n{table(groups)}\n\n{grids(groups)}\n")
