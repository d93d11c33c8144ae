using System.Diagnostics;
using System.Globalization;
using System.Text;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>What is measured without handovers: scans, the idle service, the hook, the screen.</summary>
internal sealed class RestPart(Run run)
{
    private const string Hook = "/usr/libexec/virt-handover/virt-handover-notify";
    private const int Guests = 3;

    public async Task Measure()
    {
        await run.Try("scan of a synthetic /proc", () => new ScanPart(run).Synthetic());
        await run.Try("scan of real processes", () => new ScanPart(run).Real());
        var guests = new List<DomainGuest>();
        try
        {
            await run.Try("guests for the rest", async () =>
            {
                for (var i = 1; i <= Guests; i++)
                    guests.Add(await DomainGuest.StartSmall($"rest-{i}", run.Plan.ManyMemory));
                foreach (var guest in guests)
                    await guest.Boot();
            });
            await run.Try("idle service", () => Idle(guests.Count));
            await run.Try("first row of the screen", () => Screen(guests[0].Name));
            await run.Try("hook", HookTime);
        }
        finally
        {
            foreach (var guest in guests)
                await guest.Remove();
        }
    }

    private async Task Idle(int domains)
    {
        var service = await Product.Processes();
        // What the request itself started shall be over.
        await Task.Delay(TimeSpan.FromSeconds(3));
        var cpu = service.Sum(ProcStat.CpuMilliseconds);
        await Task.Delay(TimeSpan.FromSeconds(run.Plan.IdleSeconds));
        cpu = service.Sum(ProcStat.CpuMilliseconds) - cpu;
        long Memory(string name) => service.Sum(process => ProcStat.Kibibytes($"/proc/{process}/smaps_rollup", name));
        run.Results.Idle = new IdleResult(
            run.Plan.IdleSeconds,
            domains,
            cpu,
            Memory("Pss") / 1024.0,
            (Memory("Private_Clean") + Memory("Private_Dirty")) / 1024.0);
        run.Say(string.Create(
            CultureInfo.InvariantCulture, $"idle: {cpu:0} ms CPU in {run.Plan.IdleSeconds} s, {run.Results.Idle.PssMib:0.0} MiB"));
    }

    private async Task Screen(string domain)
    {
        var directory = Directory.CreateTempSubdirectory("bench-screen-");
        for (var i = 0; i < run.Plan.ScreenCount; i++)
        {
            var socket = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}-{i}");
            var said = Path.Combine(directory.FullName, socket);
            await Shell.Run("mkfifo", said);
            // The server and its shell are up before the clock starts.
            await Shell.Run("tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "env", "TERM=screen-256color", "LANG=C.UTF-8", "PS1=$ ", "sh");
            try
            {
                await Wait.Until("the shell is up", async () => (await Pane(socket)).Contains('$', StringComparison.Ordinal), TimeSpan.FromSeconds(10), 10);
                await Shell.Run("tmux", "-L", socket, "send-keys", "-l", "virt-handover");
                await Shell.Run("tmux", "-L", socket, "pipe-pane", $"cat > {said}");
                // What the program says is read as it says it: asking tmux again and again for its picture takes as long as what is measured.
                await using var terminal = await Task.Run(() => File.OpenRead(said));
                var started = Stopwatch.GetTimestamp();
                await Shell.Run("tmux", "-L", socket, "send-keys", "Enter");
                run.Results.FirstRowMs.Add((await Said(terminal, domain) - started) * 1000.0 / Stopwatch.Frequency);
                // One that is not over yet would be measured with the next.
                await Shell.Run("tmux", "-L", socket, "send-keys", "q");
                await Said(terminal, "$ ");
            }
            finally
            {
                await Shell.Run("tmux", "-L", socket, "kill-server");
            }
        }

        directory.Delete(recursive: true);
        run.Say(string.Create(CultureInfo.InvariantCulture, $"screen: first row after {new Statistics.Sample(run.Results.FirstRowMs).Median:0} ms"));
    }

    /// <summary>When a text was there, in <see cref="Stopwatch"/> ticks.</summary>
    private static async Task<long> Said(FileStream terminal, string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var all = new StringBuilder();
        var piece = new byte[65536];
        while (await terminal.ReadAsync(piece, limit.Token) is > 0 and var length)
        {
            all.Append(Encoding.UTF8.GetString(piece, 0, length));
            if (all.ToString().Contains(text, StringComparison.Ordinal))
                return Stopwatch.GetTimestamp();
        }

        throw new BenchException($"The screen ended without showing {text}.");
    }

    private static Task<string> Pane(string socket) => Shell.Run("tmux", "-L", socket, "capture-pane", "-p");

    private async Task HookTime()
    {
        var result = new HookResult([], [], []);
        // The first one is slower, whatever is installed.
        await Transactions([], 1);
        // With, without, with: a machine that gets slower or faster meanwhile treats both alike.
        await Transactions(result.WithMs, (run.Plan.HookCount + 1) / 2);
        await Shell.Run("rpm", "-e", "virt-handover-hook");
        try
        {
            await Transactions(result.WithoutMs, run.Plan.HookCount);
        }
        finally
        {
            await Shell.Run("dnf", "--quiet", "-y", "install", "virt-handover-hook");
        }

        await Transactions(result.WithMs, run.Plan.HookCount / 2);
        for (var i = 0; i < run.Plan.HookCount * 2; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await Shell.Run("sh", "-c", $"echo /usr/libexec/qemu-kvm | {Hook}");
            result.HookMs.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        run.Results.Hook = result;
        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"hook: dnf {new Statistics.Sample(result.WithMs).Median:0} ms with it, {new Statistics.Sample(result.WithoutMs).Median:0} ms without; itself {new Statistics.Sample(result.HookMs).Median:0.0} ms"));
    }

    private static async Task Transactions(List<double> times, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await Shell.Run("dnf", "--quiet", "-y", "reinstall", "qemu-kvm");
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
