using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Tests.Integration.Bus;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A user who floods the service on the bus costs it a few MiB, and root and other users are answered all the while.</summary>
public sealed class FloodTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    // The bus lets nobody in whom the host does not know: nobody, daemon and bin.
    private const string Flooder = "/run/lab/flood", User = "65534", OtherUser = "1", ThirdUser = "2";

    // What the flood may cost, above what was in memory before: calls of a few KiB each that wait, and answers that were not read.
    private const long MostMiB = 24;
    private SmallGuest _guest = null!;
    private string _pid = "";

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        await Shell.Run(
            "gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", Flooder, Path.Combine(AppContext.BaseDirectory, "Security", "flood.c"));
        await Shell.Run("chmod", "755", "/run/lab", Flooder);
        _guest = await SmallGuest.Start("quiet", "--ram", "shared");
        await TheService.Until("it is shown", _guest.Name, domain => domain.State == "current");
        _pid = (await TheService.Pid())!;
    }

    public Task DisposeAsync() => TheService.Reset();

    // As large as the bus takes them, and small ones; answers wanted and not, never read. With many connections the bus itself, one thread for all, is what
    // is slow, so that there only answers are demanded, and few of them.
    [Theory(Timeout = 400000)]
    [InlineData("long", 12, 30_000_000, 1)]
    [Variant("long", 12, 1000, 1)]
    [InlineData("long", 100, 100_000, 60)]
    [Variant("reads", 12, 0, 1)]
    [InlineData("reads", 100, 0, 60)]
    [Variant("signals", 12, 30_000_000, 1)]
    [InlineData("signals", 100, 100, 60)]
    public async Task Root_is_answered_and_memory_stays(string kind, int connections, int bytes, int seconds)
    {
        // Whatever the first reads bring into memory is not the flood's.
        await Answered(5);
        var before = await Resident("VmRSS");
        await File.WriteAllTextAsync($"/proc/{_pid}/clear_refs", "5");
        await using var flood = await Flood.Start(User, kind, connections, bytes, "");

        var times = await Answered(connections < 100 ? 15 : 3);
        Assert.True(times[times.Count / 2] < TimeSpan.FromSeconds(seconds), $"root waited {times[times.Count / 2].TotalSeconds:0.0} s, half of the time");
        var most = await Resident("VmHWM");
        Assert.True(most - before < MostMiB * 1024, $"{before / 1024} MiB became {most / 1024} MiB");
        Assert.Equal(_pid, await TheService.Pid());
    }

    [Fact(Timeout = 240000)]
    public async Task Two_users_who_flood_leave_a_third_ones_calls_alone()
    {
        await using var one = await Flood.Start(User, "reads", 50, 0, "");
        await using var other = await Flood.Start(ThirdUser, "long", 50, 4000, "");
        for (var i = 0; i < 5; i++)
        {
            var shown = await Shell.Run("setpriv", "--reuid", OtherUser, "--regid", OtherUser, "--clear-groups", "virt-handover", "list", "--json");
            Assert.Contains(_guest.Name, shown, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 240000)]
    public async Task Questions_to_polkit_are_counted_by_user_and_end_with_their_callers()
    {
        await Polkitd.Absent();
        await using var polkit = await StandInPolkit.Start(65534);
        await using var flood = await Flood.Start(User, "questions", 40, 0, TheService.PathOf(_guest.Uuid));
        await Eventually.Until("the others are refused", () => Task.FromResult(flood.Refused == 40 - Polkit.MostOfOne));
        Assert.Equal(Polkit.MostOfOne, polkit.Asked);

        // Another user has his own; the stand-in says yes to him, so the queue's own answer is heard.
        var answer = await Shell.TryRun(
            "setpriv", "--reuid", OtherUser, "--regid", OtherUser, "--clear-groups",
            "busctl", "call", HandoverNames.BusName, TheService.PathOf(_guest.Uuid), HandoverNames.Domain, "Approve", "a{sv}", "0");
        Assert.Contains("it already runs on the installed QEMU", answer.Error, StringComparison.Ordinal);
        await Answered(5);

        Assert.Equal(Polkit.MostOfOne + 1, polkit.Asked);
        await flood.DisposeAsync();
        await Eventually.Until("the prompts are taken back", () => Task.FromResult(polkit.Cancelled == Polkit.MostOfOne));
    }

    /// <summary>Root calls, again and again; the times in their order of length.</summary>
    private static async Task<IReadOnlyList<TimeSpan>> Answered(int times)
    {
        var took = new List<TimeSpan>();
        await using var client = new HandoverServiceClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await client.ReadAsync(limit.Token);
        for (var i = 0; i < times; i++)
        {
            var watch = Stopwatch.StartNew();
            await client.RescanAsync(limit.Token);
            took.Add(watch.Elapsed);
        }

        return [.. took.Order()];
    }

    private async Task<long> Resident(string what)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{_pid}/status")).Single(line => line.StartsWith(what + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    /// <summary>The flood itself, as another user.</summary>
    private sealed class Flood : IAsyncDisposable
    {
        private readonly Process _process;
        private int _refused;

        private Flood(Process process) => _process = process;

        public int Refused => Volatile.Read(ref _refused);

        public static async Task<Flood> Start(string user, string kind, int connections, int bytes, string domain)
        {
            var start = new ProcessStartInfo(
                "setpriv",
                ["--reuid", user, "--regid", user, "--clear-groups", Flooder, kind, $"{connections}", bytes.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
            };
            start.Environment["OBJECT"] = domain;
            var flood = new Flood(Process.Start(start)!);
            var begun = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            flood._process.OutputDataReceived += (_, line) =>
            {
                if (line.Data == "refused")
                    Interlocked.Increment(ref flood._refused);
                else
                    begun.TrySetResult(line.Data == "begun");
            };
            flood._process.BeginOutputReadLine();
            Assert.True(await begun.Task, "The flood has not begun.");
            return flood;
        }

        public async ValueTask DisposeAsync()
        {
            if (_process.HasExited)
                return;
            _process.Kill();
            await _process.WaitForExitAsync();
        }
    }

    /// <summary>polkit's authority: does not answer to one user, and says yes to all others.</summary>
    private sealed class StandInPolkit : IAsyncDisposable
    {
        // polkit's own policy lets its own user alone have the name.
        private const string Permission = "/etc/dbus-1/system.d/zz-stand-in-polkit.conf";

        private readonly TaskCompletionSource _never = new();
        private readonly BusConnection _connection;
        private readonly uint _mute;
        private int _asked;
        private int _cancelled;

        private StandInPolkit(BusConnection connection, uint mute) => (_connection, _mute) = (connection, mute);

        public int Asked => Volatile.Read(ref _asked);

        public int Cancelled => Volatile.Read(ref _cancelled);

        private static InterfaceDefinition Definition { get; } = new InterfaceBuilder<StandInPolkit>("org.freedesktop.PolicyKit1.Authority")
            .Method(
                "CheckAuthorization",
                [new("(sa{sv})", "subject"), new("s", "action"), new("a{ss}", "details"), new("u", "flags"), new("s", "cancellation")],
                [new("(bba{ss})", "result")],
                async (self, call) =>
                {
                    Interlocked.Increment(ref self._asked);
                    var subject = call.Arguments[0].AsFields()[1].AsOptions()["name"].AsText();
                    if ((await self._connection.GetCallerAsync(subject, CancellationToken.None)).UserId == self._mute)
                        await self._never.Task;
                    return [BusValue.StructOf(true, false, BusValue.ArrayOf("{ss}", []))];
                })
            .Method("CancelCheckAuthorization", [new("s", "cancellation")], (self, _) =>
            {
                Interlocked.Increment(ref self._cancelled);
                return Task.CompletedTask;
            })
            .Build();

        public static async Task<StandInPolkit> Start(uint mute)
        {
            await File.WriteAllTextAsync(
                Permission,
                """<busconfig><policy user="root"><allow own="org.freedesktop.PolicyKit1"/></policy></busconfig>""");
            await Reload();
            var connection = await BusConnection.OpenAsync(null, CancellationToken.None);
            var self = new StandInPolkit(connection, mute);
            await connection.ExportAsync("/org/freedesktop/PolicyKit1/Authority", announce: false, (Definition, self));
            await connection.RequestNameAsync("org.freedesktop.PolicyKit1", CancellationToken.None);
            return self;
        }

        public async ValueTask DisposeAsync()
        {
            await _connection.DisposeAsync();
            File.Delete(Permission);
            await Reload();
        }

        private static Task<string> Reload() => Shell.Run(
            "busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig");
    }
}
