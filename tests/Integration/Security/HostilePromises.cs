using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>What must be so whatever one VM's QEMU does: what <c>docs/threat-model.md</c> promises.</summary>
internal sealed class HostilePromises : IAsyncDisposable
{
    private static readonly TimeSpan LongestOutage = OutageTests.Limit;
    private const string Secret = "/etc/hostile-secret";
    private const string Decoy = "/srv/hostile-decoy";

    private readonly Guest[] _honest;
    private readonly LibvirtWatch _libvirt = new();
    private readonly ExecutionWatch _executions;
    private readonly string _service;
    private readonly string _files;
    private readonly string _place;

    private HostilePromises(Guest[] honest, ExecutionWatch executions, string service, string files, string place) =>
        (_honest, _executions, _service, _files, _place) = (honest, executions, service, files, place);

    /// <summary>Notes how everything is.</summary>
    public static async Task<HostilePromises> Note(params Guest[] honest)
    {
        await File.WriteAllTextAsync(Secret, "topsecret\n");
        File.SetUnixFileMode(Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.CreateDirectory(Decoy + "/deep");
        await File.WriteAllTextAsync(Decoy + "/monitor.sock", "topsecret\n");
        await File.WriteAllTextAsync(Decoy + "/deep/file", "topsecret\n");
        _ = await TheService.View();
        return new HostilePromises(honest, await ExecutionWatch.Start(), (await TheService.Pid())!, await Files(), await Places());
    }

    /// <summary>How the honest VMs are now, to be compared with afterwards.</summary>
    public async Task<IReadOnlyList<GuestStatus>> Honest()
    {
        var all = new List<GuestStatus>();
        foreach (Guest guest in _honest)
            all.Add(await guest.Status());
        return all;
    }

    /// <summary>Each promise that is broken, a sentence each.</summary>
    public async Task<IReadOnlyList<string>> Broken(IReadOnlyList<GuestStatus> before)
    {
        var broken = new List<string>();
        foreach (var (guest, earlier) in _honest.Zip(before))
            await Check(broken, $"{guest.Name} does not run on", () => RunsOn(guest, earlier));
        await Check(broken, "the service does not answer", async () => Assert.All(
            _honest, guest => Assert.NotNull(TheService.Find(TheService.View().GetAwaiter().GetResult(), guest.Name))));
        await Check(broken, "the service is another", async () => Assert.Equal(_service, await TheService.Pid()));
        await Check(broken, "a file of root's has changed", async () => Assert.Equal(_files, await Files()));
        await Check(broken, "a directory of root's has changed", async () => Assert.Equal(_place, await Places()));
        await Check(
            broken, "what the service keeps is readable by others", async () => Assert.Equal("", await TheService.OpenToOthers(TheService.State)));
        if (_libvirt.Longest() is var away && away > LongestOutage)
            broken.Add($"libvirt was away for {away}.");
        if (HostileGuest.WhoLoadedIt() is { Count: > 0 } loaded)
            broken.Add($"Root has loaded the hostile library: {string.Join(' ', loaded)}.");
        if (_executions.Take() is { Count: > 0 } executed)
            broken.Add($"Root has executed what is not root's alone: {string.Join(", ", executed)}.");
        if (_executions.IsOver)
            broken.Add("Nobody watches what is executed any more.");
        return broken;
    }

    public async ValueTask DisposeAsync()
    {
        await _libvirt.DisposeAsync();
        _executions.Dispose();
    }

    private static async Task RunsOn(Guest guest, GuestStatus earlier)
    {
        Assert.Equal("running", await Virsh.State(guest.Name));
        GuestStatus now = await guest.Status();
        now.AssertContinues(earlier);
        (await guest.WaitFor("it goes on", later => later.Counter > now.Counter)).AssertContinues(now);
    }

    private static async Task Check(List<string> broken, string promise, Func<Task> check)
    {
        try
        {
            await check();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            broken.Add($"Broken: {promise}: {exception.Message}");
        }
    }

    // A time of change tells of any change, of content, mode or owner. What libvirt and the service themselves keep there is theirs.
    private static Task<string> Files() => Shell.Run(
        "find", "/etc", "/srv", "/usr/libexec", "(", "-path", "/etc/libvirt/qemu", "-o", "-path", "/etc/libvirt/hooks", ")", "-prune", "-o", "-printf", "%p %y %m %u %g %l %s %C@\n");

    // Where others come and go: whose they are, and what they are.
    private static async Task<string> Places() => string.Join('\n', LabHost.Lines(await Shell.Run(
        "find", "/", "/run", "/var", "/var/lib", "/var/cache", "/root", "-maxdepth", "1", "-printf", "%p %y %m %u %g %l\n")).Order(StringComparer.Ordinal));
}
