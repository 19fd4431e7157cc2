/// Light and dark by the reader's choice, and fit for paper.
let reportStyle = """

    :root { color-scheme: light dark; --back: #fff; --text: #1c2026; --faint: #6a7280; --rule: #dfe3e8;
      --panel: #f6f7f9; --s0: #1f63d6; --s1: #d9660b; --s2: #17825a; --s3: #8a3fc7; --s4: #b5264c; --s5: #5c6670;
      --good: #17825a; --bad: #c22f2f; }
    @media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e4e7eb; --faint: #98a1ad; --rule: #31373f;
      --panel: #1c2026; --s0: #6ba4ff; --s1: #ffa657; --s2: #4fc796; --s3: #c694f2; --s4: #f27a97; --s5: #a5adb6;
      --good: #4fc796; --bad: #ff7b72; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
    main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
    h1 { font-size: 1.6rem; margin: 0 0 .75rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
    h3 { font-size: .95rem; margin: 0 0 .4rem; }
    .verdict { padding: .7rem 1rem; border-left: 4px solid var(--faint); background: var(--panel); }
    .verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--rule); text-align: left; }
    thead th { color: var(--faint); font-weight: 600; } .n { text-align: right; white-space: nowrap; }
    caption { text-align: left; color: var(--faint); padding: .4rem 0; }
    .recipe th { font-weight: 600; white-space: nowrap; vertical-align: top; } code { overflow-wrap: anywhere; }
    pre { background: var(--panel); padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
    .wide { overflow-x: auto; }
    .confusion td { min-width: 2.6rem; padding: .2rem .45rem; }
    .confusion thead th { font-weight: 400; font-size: .8rem; vertical-align: bottom; padding: .2rem .45rem; }
    .confusion .right, .confusion .wrong { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    .confusion .right { background: color-mix(in srgb, var(--s0) var(--part, 0%), transparent); }
    .confusion .wrong { background: color-mix(in srgb, var(--s4) var(--part, 0%), transparent); }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1.5rem; }
    table + figure { margin-top: 1.2rem; }
    figure { margin: 0; max-width: 40rem; } figcaption { font-weight: 600; font-size: .9rem; }
    svg { width: 100%; height: auto; display: block; }
    svg text { font: 12px system-ui, sans-serif; fill: var(--faint); }
    svg .grid { stroke: var(--rule); } svg .axis, svg .tick { stroke: var(--faint); }
    svg .line polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } svg .bar { stroke-width: 1.5; }
    .s0 { stroke: var(--s0); fill: var(--s0); } .s1 { stroke: var(--s1); fill: var(--s1); }
    .s2 { stroke: var(--s2); fill: var(--s2); } .s3 { stroke: var(--s3); fill: var(--s3); }
    .s4 { stroke: var(--s4); fill: var(--s4); } .s5 { stroke: var(--s5); fill: var(--s5); }
    .s1 polyline { stroke-dasharray: 7 3; } .s2 polyline { stroke-dasharray: 2 3; }
    .s3 polyline { stroke-dasharray: 9 3 2 3; } .s4 polyline { stroke-dasharray: 4 4; }
    .s5 polyline { stroke-dasharray: 1 4; }
    .legend { margin: .2rem 0 0; font-size: .85rem; } .legend span { margin-right: 1.2rem; white-space: nowrap; }
    .legend svg.key { width: 28px; height: 8px; display: inline-block; }
    .example { display: inline-block; vertical-align: top; margin: 0 1.5rem 1.5rem 0; font-size: .85rem; }
    .pictures { display: flex; gap: .5rem; } .pictures figcaption { font-weight: 400; color: var(--faint); }
    .pictures img { width: 8.5rem; display: block; } img.sharp { image-rendering: pixelated; }
    .example th, .example td { padding: .1rem .5rem .1rem 0; border: 0; font-weight: 400; }
    td.yes { color: var(--good); } td.no { color: var(--bad); }
    @media print { :root { --back: #fff; --text: #000; --faint: #555; --rule: #bbb; --panel: #fff; --s0: #1f63d6;
      --s1: #d9660b; --s2: #17825a; --s3: #8a3fc7; --s4: #b5264c; --s5: #5c6670; --good: #17825a; --bad: #c22f2f; }
      main { max-width: none; padding: 0; } .wide { overflow: visible; }
      figure, article, tr { break-inside: avoid; } h2 { break-after: avoid; } }

    """
