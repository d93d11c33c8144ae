using System.Globalization;
using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>The page of a run: definitions, what was reached, charts, tables.</summary>
internal sealed class BenchPage
{
    private static readonly (string Way, string Name)[] Ways =
    [
        ("copy", "copying migration"),
        ("managedsave", "managedsave + start"),
        ("restart", "shutdown + start"),
        ("floor", "floor, guest stopped first"),
        ("floor-live", "floor, QEMU stops the guest"),
    ];

    private readonly BenchResults _results;
    private readonly string _directory;
    private readonly Page _page = new();

    private BenchPage(BenchResults results, string directory)
    {
        _results = results;
        _directory = directory;
    }

    /// <summary>Writes a page, and its charts into the directory of the same name beside it.</summary>
    public static void Write(BenchResults results, string file)
    {
        var directory = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, Path.GetFileNameWithoutExtension(file));
        Directory.CreateDirectory(directory);
        File.WriteAllText(file, new BenchPage(results, directory).Write());
    }

    private IReadOnlyList<CellResult> Cells => [.. _results.Cells.Where(cell => cell.Handovers.Count > 0)
        .OrderBy(cell => cell.MemoryMib).ThenBy(cell => cell.Vcpus)];

    private int ChartVcpus => _results.Plan.PeerVcpus;

    private string Write()
    {
        _page.Heading(1, "Benchmarks");
        _page.Paragraph(Texts.Introduction(_results));
        _page.List(Texts.Definitions);
        Failures();
        GoalTable();
        TalkCharts();
        Grid();
        Peers();
        Phases();
        Profile();
        Many();
        Rest();
        // Another run's, and kept beside the charts, so that this page keeps it when it is written anew.
        if (Path.Combine(_directory, "compare.json") is var compared && File.Exists(compared))
            CompareSection.Write(_page, ResultsFile.Load<CompareResults>(compared));
        _page.Heading(2, "How it was measured");
        _page.List(Texts.Method(_results));
        _page.Heading(2, "Run it");
        _page.Paragraph(Texts.Parameters);
        return _page.ToString();
    }

    private void Failures()
    {
        if (_results.Failures.Count + _results.Skipped.Count == 0)
            return;
        _page.Heading(2, "Not measured in this run");
        _page.List([.. _results.Skipped, .. _results.Failures.Select(failure => "**failed**: " + failure.ReplaceLineEndings(" "))]);
    }

    private void GoalTable()
    {
        var goals = Goals.Of(_results);
        if (goals.Count == 0)
            return;
        _page.Heading(2, "What it must reach");
        _page.Paragraph("Ratios of medians of this run; with " + Vcpus(ChartVcpus) + ".");
        _page.Table(["figure", "measured", "at most", "reached"], goals.Select(goal => (IReadOnlyList<string>)
        [
            goal.Sentence, Figure.Ratio(goal.Ratio), Figure.Ratio(goal.Limit), goal.IsReached switch { true => "yes", false => "**no**", null => goal.Missing },
        ]));
    }

    /// <summary>The talk's two: total migration time and downtime of VMs of growing size, idle and under load.</summary>
    private void TalkCharts()
    {
        var cells = Cells.Where(cell => cell.Vcpus == ChartVcpus).ToList();
        if (cells.Count == 0)
            return;
        _page.Heading(2, "The charts");
        int[] sizes = [.. cells.Select(cell => cell.MemoryMib).Distinct().Order()];
        string[] loads = [.. new[] { _results.Plan.Loads[0].ToString(), _results.Plan.Loads[^1].ToString() }.Distinct()];
        var groups = sizes.Select(Figure.Memory).ToList();
        void Draw(string file, string title, Func<HandoverResult, double> figure, Func<PeerMove, double?> peerFigure)
        {
            var series = new List<(string, IReadOnlyList<double?>)>();
            foreach (var load in loads)
            {
                series.Add(($"virt-handover, {load}", [.. sizes.Select(size => Median(
                    cells.Where(cell => cell.MemoryMib == size && cell.Load == load).SelectMany(cell => cell.Handovers).Select(figure)))]));
            }

            foreach (var load in loads)
            {
                series.Add(($"copying migration, {load}", [.. sizes.Select(size => Median(
                    _results.Peers.Where(peer => peer.Way == "copy" && peer.MemoryMib == size && peer.Load == load)
                        .SelectMany(peer => peer.Moves).Select(peerFigure).OfType<double>()))]));
            }

            Charts.Save(Charts.Bars(title, "ms, logarithmic", groups, series), Path.Combine(_directory, file));
            _page.Picture(title, $"benchmarks/{file}");
        }

        Draw("total.svg", $"Total time by the guest's RAM ({Vcpus(ChartVcpus)}, medians)", handover => handover.TotalMs, move => move.TotalMs);
        Draw("pause.svg", $"Pause by the guest's RAM ({Vcpus(ChartVcpus)}, medians)", handover => handover.PauseMs, move => move.PauseMs);
        var samples = cells
            .Where(cell => (cell.MemoryMib == sizes[0] || cell.MemoryMib == sizes[^1]) && loads.Contains(cell.Load))
            .Select(cell => ($"{Figure.Memory(cell.MemoryMib)}, {cell.Load}", new Sample(cell.Handovers.Select(one => one.PauseMs)))).ToList();
        Charts.Save(Charts.Shares("Pauses of virt-handover: share of handovers that paused no longer", "ms", samples), Path.Combine(_directory, "pauses.svg"));
        _page.Picture("Distribution of the pauses", "benchmarks/pauses.svg");
    }

    private void Grid()
    {
        if (Cells.Count == 0)
            return;
        _page.Heading(2, "Handovers");
        _page.Paragraph(
            "Method `shared`: no guest memory is copied. ms, as median / p95 / p99 / maximum; with few handovers a cell p99 is the maximum. A load is WRITERS:MIB:MB/s, "
            + "in brackets what the writers achieved. *Quiet gap* is the longest silence in as long a time without a handover.");
        _page.Table(
            ["RAM", "vCPUs", "load", "n", "pause", "gap", "quiet gap", "gap of answers", "lost out", "lost in", "total", "request", "outage", "extra memory"],
            Cells.Select(cell => (IReadOnlyList<string>)
            [
                Figure.Memory(cell.MemoryMib),
                Figure.Count(cell.Vcpus),
                cell.Load == "idle" ? cell.Load : $"{cell.Load} ({Figure.Bytes(cell.WritingMBps * 1e6)}/s)",
                Figure.Count(cell.Handovers.Count),
                Figure.Spread(Of(cell, one => one.PauseMs)),
                Figure.Spread(Of(cell, one => one.Silence?.GapMilliseconds)),
                Figure.Ms(cell.Quiet.GapMilliseconds),
                Figure.Spread(Of(cell, one => one.Silence?.AnswerGapMilliseconds)),
                Figure.Count(cell.Handovers.Sum(one => one.Silence?.PacketsLost ?? 0)),
                Figure.Count(cell.Handovers.Sum(one => one.Silence?.AnswersLost ?? 0)),
                Figure.Spread(Of(cell, one => one.TotalMs)),
                Figure.Median(Of(cell, one => one.RequestMs)),
                Figure.Spread(Of(cell, one => one.OutageMs)),
                string.Create(CultureInfo.InvariantCulture, $"{cell.PeakExtraMib:0} MiB"),
            ]));
        _page.Paragraph(
            "*Lost out*: datagrams of the guest's 1 kHz stream that never arrived, in all handovers of the row. *Lost in*: questions to the guest that were never answered. "
            + $"Bytes of guest memory copied in all {Cells.Sum(cell => cell.Handovers.Count)} handovers: {Cells.Sum(cell => cell.Handovers.Sum(one => one.CopiedBytes))}.");
    }

    private void Peers()
    {
        var peers = _results.Peers.Where(peer => peer.Moves.Count > 0).ToList();
        if (peers.Count == 0)
            return;
        _page.Heading(2, "Other ways, same run, same guest");
        _page.Paragraph(Texts.Ways(_results));
        var rows = new List<IReadOnlyList<string>>();
        foreach (var group in peers.GroupBy(peer => (peer.MemoryMib, peer.Vcpus)))
        {
            foreach (var load in group.Select(peer => peer.Load).Distinct())
            {
                var cell = Cells.FirstOrDefault(one => one.MemoryMib == group.Key.MemoryMib && one.Vcpus == group.Key.Vcpus && one.Load == load);
                var ours = cell is null ? null : new PeerResult("", cell.MemoryMib, cell.Vcpus, load, [.. cell.Handovers.Select(one => new PeerMove(one.PauseMs, one.TotalMs, one.CopiedBytes, one.Silence))]);
                if (ours is not null)
                    rows.Add(Row(ours, "**virt-handover**", ours));
                foreach (var (way, name) in Ways)
                {
                    if (group.FirstOrDefault(peer => peer.Way == way && peer.Load == load) is { } peer)
                        rows.Add(Row(peer, name, ours));
                }
            }
        }

        _page.Table(
            ["RAM", "load", "way", "n", "pause", "gap", "total", "bytes", "pause ÷ ours", "gap ÷ ours", "total ÷ ours"], rows);
        _page.List(peers.SelectMany(peer => peer.Moves.Where(move => move.Note.Length > 0).Select(move =>
            $"{Figure.Memory(peer.MemoryMib)}, {peer.Load}, {Ways.First(way => way.Way == peer.Way).Name}: {move.Note}.")).GroupBy(note => note)
            .Select(note => note.Count() > 1 ? string.Create(CultureInfo.InvariantCulture, $"{note.Key} ({note.Count()} times)") : note.Key));

        static IReadOnlyList<string> Row(PeerResult peer, string name, PeerResult? ours)
        {
            double? Pause(PeerResult? of) => Median(of?.Moves.Select(move => move.PauseMs).OfType<double>() ?? []);
            double? Gap(PeerResult? of) => Median(of?.Moves.Select(move => move.Silence?.GapMilliseconds).OfType<double>() ?? []);
            double? Total(PeerResult? of) => Median(of?.Moves.Select(move => move.TotalMs) ?? []);
            double? Ratio(Func<PeerResult?, double?> figure) => ours is null || ReferenceEquals(ours, peer) ? null : figure(peer) / figure(ours);
            return
            [
                Figure.Memory(peer.MemoryMib), peer.Load, name, Figure.Count(peer.Moves.Count),
                Figure.Ms(Pause(peer)), Figure.Ms(Gap(peer)), Figure.Ms(Total(peer)),
                Figure.Bytes(Median(peer.Moves.Select(move => (double)move.Bytes)) ?? 0),
                Figure.Ratio(Ratio(Pause)), Figure.Ratio(Ratio(Gap)), Figure.Ratio(Ratio(Total)),
            ];
        }
    }

    private void Phases()
    {
        var cells = Cells.Where(cell => cell.Vcpus == ChartVcpus).ToList();
        if (cells.Count == 0)
            return;
        _page.Heading(2, "Where the total goes");
        string[] names = ["begin", "prepare", "quiesce", "perform", "finish", "confirm"];
        var rows = cells.Select(cell => (Name: $"{Figure.Memory(cell.MemoryMib)}, {cell.Load}", Values: (IReadOnlyList<double>)
            [.. names.Select(name => Median(cell.Handovers.Select(one => one.PhasesMs.GetValueOrDefault(name))) ?? 0)])).ToList();
        Charts.Save(
            Charts.Stacks(
                $"Phases of a handover ({Vcpus(ChartVcpus)}, medians)", "ms", [.. rows.Select(row => row.Name)],
                [.. names.Select((name, i) => (name, (IReadOnlyList<double>)[.. rows.Select(row => row.Values[i])]))]),
            Path.Combine(_directory, "phases.svg"));
        _page.Picture("Phases of a handover", "benchmarks/phases.svg");
        _page.Table(
            ["RAM, load", .. names.Select(name => name + ", ms")],
            rows.Select(row => (IReadOnlyList<string>)[row.Name, .. row.Values.Select(value => Figure.Ms(value))]));
    }

    private void Profile()
    {
        if (_results.Traces.Count == 0)
            return;
        var profile = TraceProfile.Of(_results.Traces);
        _page.Heading(2, "Where the pause goes");
        _page.Paragraph(string.Create(
            CultureInfo.InvariantCulture,
            $"Medians of {_results.Traces.Count} handovers of a guest with 1 GiB, idle, traced by a library that notes each monitor command and event (`bench/trace.c`); their pause was {Figure.Ms(profile.PauseMs)} ms. A step lasts until the next one begins; names in brackets are QEMU's events."));
        _page.Table(["step", "begins, ms after STOP", "lasts, ms"], profile.Pause.Select(step => (IReadOnlyList<string>)
            [step.What, Figure.Ms(step.AtMs), step.LastsMs is { } lasts ? Figure.Ms(lasts) : ""]));
        _page.Paragraph(
            $"Outside of the pause the monitor commands before it take {Figure.Ms(profile.CommandsBeforeMs)} ms, those after it {Figure.Ms(profile.CommandsAfterMs)} ms in all.");
    }

    private void Many()
    {
        var many = _results.Many;
        if (many.Count == 0)
            return;
        _page.Heading(2, "Many VMs approved at once");
        _page.Paragraph(string.Create(
            CultureInfo.InvariantCulture,
            $"VMs of {_results.Plan.ManyMemory} MiB on QEMU {_results.Machine.OldQemu}, handed over to {_results.Machine.Qemu} after `dnf upgrade` and `virt-handover approve --all`. *Outages*: how often libvirt was away; several VMs may share one. *Libvirt away*: how long in all, spans that overlap counted once. *A handover's own total* has in it what the VM waits for others of the same outage."));
        _page.Table(
            ["VMs", "total, ms", "total a VM, ms", "outages", "libvirt away, ms", "away a VM, ms", "pause, ms", "a handover's own total, ms", "service's CPU a VM, ms"],
            many.Select(one => (IReadOnlyList<string>)
            [
                Figure.Count(one.Domains), Figure.Ms(one.TotalMs), Figure.Ms(one.TotalMs / one.Domains),
                Figure.Count(Spans.Separate(one.Handovers.Select(handover => handover.Away))), Figure.Ms(one.OutageMs), Figure.Ms(one.OutageMs / one.Domains),
                Figure.Spread(new Sample(one.Handovers.Select(handover => handover.PauseMs))),
                Figure.Spread(new Sample(one.Handovers.Select(handover => handover.TotalMs))),
                Figure.Ms(one.ServiceCpuMs / one.Domains),
            ]));
        if (many.Count < 2)
            return;
        Charts.Save(
            Charts.Lines("Many VMs approved at once", "VMs", "ms", [
                ("total a VM", [.. many.Select(one => ((double)one.Domains, one.TotalMs / one.Domains))]),
                ("libvirt away, a VM", [.. many.Select(one => ((double)one.Domains, one.OutageMs / one.Domains))]),
                ("p99 pause", [.. many.Select(one => ((double)one.Domains, new Sample(one.Handovers.Select(handover => handover.PauseMs)).Percentile(99)))]),
                ("service's CPU a VM", [.. many.Select(one => ((double)one.Domains, one.ServiceCpuMs / one.Domains))]),
            ], logarithmic: true),
            Path.Combine(_directory, "many.svg"));
        _page.Picture("Many VMs approved at once", "benchmarks/many.svg");
    }

    private void Rest()
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var scan in _results.Scans)
        {
            rows.Add([
                string.Create(CultureInfo.InvariantCulture, $"scan of {scan.Domains} domains, {scan.What}: the first"), "1", Figure.Ms(scan.FirstMs) + " ms"]);
            rows.Add([
                string.Create(CultureInfo.InvariantCulture, $"scan of {scan.Domains} domains, {scan.What}: a later one"),
                Figure.Count(scan.LaterMs.Count), Figure.Spread(new Sample(scan.LaterMs)) + " ms"]);
        }

        if (_results.Idle is { } idle)
        {
            rows.Add([
                string.Create(CultureInfo.InvariantCulture, $"the service with {idle.Domains} VMs and nothing to do: CPU in {idle.Seconds:0} s"), "1", Figure.Ms(idle.CpuMs) + " ms"]);
            rows.Add([
                "the same: memory (PSS; of it private)", "1", string.Create(CultureInfo.InvariantCulture, $"{idle.PssMib:0.0} MiB; {idle.PrivateMib:0.0} MiB")]);
        }

        if (_results.FirstRowMs.Count > 0)
            rows.Add(["from Enter to the first VM on the screen", Figure.Count(_results.FirstRowMs.Count), Figure.Spread(new Sample(_results.FirstRowMs)) + " ms"]);
        if (_results.Hook is { WithMs.Count: > 0, WithoutMs.Count: > 0 } hook)
        {
            var (with, without) = (new Sample(hook.WithMs), new Sample(hook.WithoutMs));
            rows.Add(["`dnf reinstall qemu-kvm` with the hook", Figure.Count(with.Count), Figure.Spread(with) + " ms"]);
            rows.Add(["`dnf reinstall qemu-kvm` without the hook", Figure.Count(without.Count), Figure.Spread(without) + " ms"]);
            if (hook.HookMs.Count > 0)
                rows.Add(["the hook's program by itself", Figure.Count(hook.HookMs.Count), Figure.Spread(new Sample(hook.HookMs)) + " ms"]);
        }

        if (rows.Count == 0)
            return;
        _page.Heading(2, "The rest");
        _page.Table(["what", "n", "median / p95 / p99 / maximum"], rows);
        if (_results.Scans.Count > 0)
            _page.Paragraph("Scans run in this program, compiled as it runs; the service is compiled beforehand. Later scans remember files that have not changed.");
    }

    private static Sample Of(CellResult cell, Func<HandoverResult, double?> figure) => new(cell.Handovers.Select(figure).OfType<double>());

    private static double? Median(IEnumerable<double> values)
    {
        var sample = new Sample(values);
        return sample.IsEmpty ? null : sample.Median;
    }

    private static string Vcpus(int number) => number == 1 ? "1 vCPU" : string.Create(CultureInfo.InvariantCulture, $"{number} vCPUs");
}
