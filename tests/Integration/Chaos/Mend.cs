using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>Takes a fault back, whatever became of the test.</summary>
internal sealed class Mend : IDisposable
{
    private readonly List<Func<Task>> _todo = [];
    private readonly CancellationTokenSource _hammer = new();
    private Task _hammering = Task.CompletedTask;

    public void Add(Func<Task> undo) => _todo.Add(undo);

    public async Task Now()
    {
        Func<Task>[] todo = [.. _todo];
        _todo.Clear();
        foreach (Func<Task> undo in todo)
            await undo();
    }

    /// <summary>Calls libvirt without pause until this is disposed. That calls fail while its daemon is away is expected.</summary>
    public void Hammer(string domain) => _hammering = Task.Run(async () =>
    {
        string[][] calls =
        [
            ["domstate", domain], ["dominfo", domain], ["domstats", domain], ["dumpxml", domain], ["list", "--all"],
            ["qemu-monitor-command", domain, """{"execute":"query-status"}"""],
        ];
        for (int call = 0; !_hammer.IsCancellationRequested; call++)
            await Shell.TryRun("virsh", calls[call % calls.Length]);
    });

    public void Dispose()
    {
        _hammer.Cancel();
        _hammering.GetAwaiter().GetResult();
        Now().GetAwaiter().GetResult();
        _hammer.Dispose();
    }
}
