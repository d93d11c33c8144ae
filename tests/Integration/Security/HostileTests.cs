using System.Diagnostics;
using System.Globalization;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU that lies at random on its monitor, in its command line, environment, threads' names and directory, beside two honest VMs: whatever it does,
/// nothing that is promised is broken. A few rounds, always the same; <c>make hostile SECONDS=600</c> tries others until the time is over, and
/// <c>SEED=</c> repeats them.
/// </summary>
public sealed class HostileTests(LabHost host, ITestOutputHelper output) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const int Few = 4, FewSeed = 12, MostBroken = 5;
    private static readonly string[] Quiet =
    [
        "--ram", "shared", "--mem", "16", "--memory", "128", "--rate", "4", "--tick", "20", "--no-stream", "--disk-interval", "1000", "--no-vga", "--no-agent",
    ];

    public async Task InitializeAsync()
    {
        HostViews.LookAway();
        await TheService.Reset("[Handover]\nMaxOutage=6s\nMaxPause=3s\n[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
        await HostileGuest.Install();
    }

    public async Task DisposeAsync()
    {
        HostileGuest.Remove();
        await TheService.Reset();
    }

    [Fact(Timeout = 90_000_000)]
    public async Task Whatever_one_QEMU_does_no_promise_is_broken()
    {
        string? seconds = Environment.GetEnvironmentVariable("VHHOSTILE_SECONDS");
        int seed = int.TryParse(Environment.GetEnvironmentVariable("VHHOSTILE_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out int told)
            ? told : seconds is null ? FewSeed : Environment.TickCount & 0xffffff;
        var limit = TimeSpan.FromSeconds(int.Parse(seconds ?? "0", CultureInfo.InvariantCulture));
        Guest[] honest = [await Guest.Start("honest-a", Quiet), await Guest.Start("honest-b", Quiet)];
        SmallGuest hostile = await HostileGuest.Define();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Expect(honest[0]);
        var broken = new List<string>();
        var rounds = 0;
        await using (HostilePromises promises = await HostilePromises.Note(honest))
        {
            for (var watch = Stopwatch.StartNew(); (seconds is null ? rounds < Few : watch.Elapsed < limit) && broken.Count < MostBroken; rounds++)
            {
                var round = HostileRound.Draw(seed + rounds);
                Say($"round {rounds + 1}, {round}");
                IReadOnlyList<GuestStatus> before = await promises.Honest();
                Say("  " + await Play(round, hostile, honest, rounds % 2 == 1 ? honest[rounds / 2 % 2] : null));
                IReadOnlyList<string> wrong = await promises.Broken(before);
                broken.AddRange(wrong.Select(sentence => $"{round}: {sentence}"));
                foreach (string sentence in wrong)
                    Say("  " + sentence);
            }
        }

        Say($"hostile: {rounds} rounds, {broken.Count} promises broken (seed {seed})");
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    // What became of it: how what was asked for ended.
    private static async Task<string> Play(HostileRound round, SmallGuest hostile, Guest[] honest, Guest? next)
    {
        await Virsh.Run("start", hostile.Name);
        var (process, monitor) = (hostile.Status.ProcessId, hostile.Status.MonitorPath);
        if (round.IsNoted)
            _ = await Refusal.Noted(hostile.Name);
        var victim = new SmallGuest(honest[0].Name, await Virsh.Uuid(honest[0].Name));
        try
        {
            await HostileGuest.Lie(round.Plan);
            if (round is { Deed: { } deed, Point: null })
                await HostileDeeds.Do(deed, process, monitor, victim);
            if (round.Point is not { } point)
                return await After(Ended(await Ask(round)), next);
            await using HeldPoint held = await HeldPoint.Set(point);
            Task<ShellResult> asked = Ask(round);
            Task reached = held.Reached();
            if (await Task.WhenAny(asked, reached) == reached)
                await HostileDeeds.Do(round.Deed!, process, monitor, victim);
            else
                await held.NeverCame(reached);
            held.LetGo();
            return await After(Ended(await asked), next);
        }
        finally
        {
            HostileGuest.BeHonest();
            await End(hostile, Path.GetDirectoryName(monitor)!);
        }
    }

    // It goes on lying; an honest VM is handed over as ever.
    private static async Task<string> After(string said, Guest? next)
    {
        if (next is not null)
            await Expect(next);
        return said;
    }

    private static Task<ShellResult> Ask(HostileRound round) => Shell.TryRun("virt-handover", [.. round.Verb]);

    private static string Ended(ShellResult result)
    {
        string said = result.Output + result.Error;
        string outcome = said.Split('\n').FirstOrDefault(line => line.StartsWith("outcome", StringComparison.Ordinal)) ?? said[..Math.Min(300, said.Length)];
        string why = string.Join(' ', said.Split('\n').Where(line => line.StartsWith("said", StringComparison.Ordinal)));
        return $"{result.ExitCode}: {outcome.Replace('\n', ' ')} {why}";
    }

    /// <summary>As its administrator would end it; then nothing of it is left.</summary>
    private static async Task End(SmallGuest hostile, string directory)
    {
        await Eventually.Until("libvirt is there", async () => (await Shell.TryRun("virsh", "-q", "list")).ExitCode == 0, TimeSpan.FromSeconds(30));
        HostileDeeds.Undo(directory);
        if ((await Shell.Run(TheService.Program, "settle")).Contains(hostile.Name, StringComparison.Ordinal))
            await Shell.Run(TheService.Program, "settle", hostile.Name, "--kill");
        if (await Virsh.State(hostile.Name) != "shut off")
            await Shell.TryRun("virsh", "destroy", hostile.Name);
        await Eventually.Until("it is shut off", async () => await Virsh.State(hostile.Name) == "shut off");
        await Eventually.Until("no QEMU of it is left", () => Task.FromResult(Refusal.Qemus().Count == 2));
    }

    private static async Task Expect(Guest guest)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "run", guest.Name);
        Assert.True(result.ExitCode == 0, $"The honest {guest.Name} was not handed over: {result.Output}{result.Error}");
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("VHHOSTILE_LOG") is { } log)
            File.AppendAllText(log, line + "\n");
    }
}
