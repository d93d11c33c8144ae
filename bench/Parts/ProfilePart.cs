using System.Globalization;
using CliWrap;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Parts;

/// <summary>
/// Where the pause goes: handovers of the real service with a library before libc that notes every monitor command as it leaves and
/// every answer as it arrives (trace.c).
/// </summary>
internal sealed class ProfilePart(Run run)
{
    public async Task Measure()
    {
        if (Environment.GetEnvironmentVariable("BENCH_TRACER") is not { Length: > 0 } library || !File.Exists(library))
        {
            run.Skip("profile: the tracing library was not built (gcc)");
            return;
        }

        var guest = await DomainGuest.Start("profile", 1024, run.Plan.PeerVcpus, 256);
        var directory = Directory.CreateTempSubdirectory("bench-trace-");
        using var kill = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        Task? service = null;
        try
        {
            await Product.Stop();
            service = Traced(library, directory.FullName, kill.Token, stop.Token);
            await Wait.Until(
                "the traced service is there",
                // Whoever called it would have D-Bus start another one, which would not be traced.
                async () => service.IsCompleted || await Product.RunningPid() is not null, TimeSpan.FromSeconds(30));
            var before = await guest.Status();
            for (var i = 0; i <= run.Plan.ProfileCount; i++)
            {
                var from = TimeProvider.System.GetUtcNow();
                var handover = await Product.Run(guest.Name);
                before = await guest.RequireAlive(before);
                if (i > 0)
                    run.Results.Traces.Add(new TraceResult(handover.PauseMs, TraceReader.Read(directory.FullName, from.ToUnixTimeMilliseconds() / 1000.0)));
            }
        }
        finally
        {
            await stop.CancelAsync();
            kill.CancelAfter(TimeSpan.FromSeconds(20));
            if (service is not null)
                await service;
            await guest.Remove();
            directory.Delete(recursive: true);
        }

        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"profile: {run.Results.Traces.Count} handovers traced, pause {new Sample(run.Results.Traces.Select(trace => trace.PauseMs)).Median:0.0} ms"));
    }

    private static async Task Traced(string library, string directory, CancellationToken kill, CancellationToken stop)
    {
        try
        {
            await Cli.Wrap("/usr/libexec/virt-handover/virt-handoverd")
                .WithEnvironmentVariables(variables => variables.Set("LD_PRELOAD", library).Set("BENCH_TRACE", Path.Combine(directory, "trace")))
                .WithValidation(CommandResultValidation.None).ExecuteAsync(kill, stop);
        }
        catch (OperationCanceledException)
        {
            // CliWrap reports a graceful end like this too.
        }
    }
}
