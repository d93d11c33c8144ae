using System.Globalization;
using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>What must be reached, as ratios of medians within one run.</summary>
internal static class Goals
{
    public static IReadOnlyList<Goal> Of(BenchResults results)
    {
        var plan = results.Plan;
        var idle = plan.Loads[0].ToString();
        var full = plan.Loads[^1].ToString();
        var vcpus = plan.PeerVcpus;
        int[] sizes = [.. results.Cells.Where(cell => cell.Vcpus == vcpus && cell.Handovers.Count > 0).Select(cell => cell.MemoryMib).Distinct().Order()];
        if (sizes.Length == 0)
            return [];
        var (small, large) = (sizes[0], sizes[^1]);
        int[] peers = [.. results.Peers.Where(peer => peer.Moves.Count > 0).Select(peer => peer.MemoryMib).Distinct().Order()];
        var peer = peers.Length > 0 ? peers[^1] : small;

        double? Pause(int memory, string load) => Cell(memory, load, handover => handover.PauseMs);
        double? Total(int memory, string load) => Cell(memory, load, handover => handover.TotalMs);
        double? Cell(int memory, string load, Func<HandoverResult, double> figure) => Median(
            results.Cells.Where(cell => cell.MemoryMib == memory && cell.Vcpus == vcpus && cell.Load == load).SelectMany(cell => cell.Handovers).Select(figure));
        double? Peer(string way, string load, Func<PeerMove, double?> figure) => Median(
            results.Peers.Where(one => one.Way == way && one.MemoryMib == peer && one.Load == load).SelectMany(one => one.Moves).Select(figure).OfType<double>());

        string One = Figure.Memory(small), Large = Figure.Memory(large), At = Figure.Memory(peer);
        double? Floor(string load) => ((double?[])[Peer("floor", load, move => move.PauseMs), Peer("floor-live", load, move => move.PauseMs)]).Min();
        return
        [
            Goal.Of($"pause at {Large} to pause at {One}, idle", Pause(large, idle), Pause(small, idle), 1.2),
            Goal.Of($"pause at {Large} to pause at {One}, {full}", Pause(large, full), Pause(small, full), 1.2),
            Goal.Of($"pause under {full} to idle, {Large}", Pause(large, full), Pause(large, idle), 1.5),
            Goal.Of($"total at {Large} to total at {One}, idle", Total(large, idle), Total(small, idle), 1.2),
            Goal.Of($"total at {Large} to total at {One}, {full}", Total(large, full), Total(small, full), 1.2),
            Goal.Of($"total under {full} to idle, {Large}", Total(large, full), Total(large, idle), 1.5),
            Goal.Of($"pause to the pause of the lower floor, {At}, idle", Pause(peer, idle), Floor(idle), 2),
            Goal.Of($"pause to the pause of the lower floor, {At}, {full}", Pause(peer, full), Floor(full), 2),
            Goal.Of($"total to the copying migration's total, {At}, {full}", Total(peer, full), Peer("copy", full, move => move.TotalMs), 1.0 / 20),
            Goal.Of($"pause to the copying migration's pause, {At}, {full}", Pause(peer, full), Peer("copy", full, move => move.PauseMs), 1.0 / 3),
            .. Many(results),
        ];
    }

    private static IEnumerable<Goal> Many(BenchResults results)
    {
        if (results.Many.MinBy(many => many.Domains) is not { } first)
            yield break;
        var others = results.Many.Where(many => many.Domains > first.Domains).OrderBy(many => many.Domains).ToList();
        foreach (var many in others)
        {
            yield return Goal.Of(
                string.Create(CultureInfo.InvariantCulture, $"libvirt's outage a VM, {many.Domains} VMs at once to {first.Domains} (must fall)"),
                many.OutageMs / many.Domains, first.OutageMs / first.Domains, 0.95);
        }

        foreach (var many in others)
        {
            yield return Goal.Of(
                string.Create(CultureInfo.InvariantCulture, $"p99 pause, {many.Domains} VMs at once to {first.Domains}"),
                new Sample(many.Handovers.Select(one => one.PauseMs)).Percentile(99), new Sample(first.Handovers.Select(one => one.PauseMs)).Percentile(99), 1.5);
        }
    }

    private static double? Median(IEnumerable<double> values)
    {
        var sample = new Sample(values);
        return sample.IsEmpty ? null : sample.Median;
    }
}
