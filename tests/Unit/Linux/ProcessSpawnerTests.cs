using VirtHandover.Linux;
using VirtHandover.Tests.Unit.Tui.Support;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class ProcessSpawnerTests
{
    // On a busy host the end of a killed process took longer than anybody waited, and the worker kept 22 zombies.
    [Fact]
    public async Task No_zombie_stays_of_a_child_that_nobody_waited_for()
    {
        var children = Enumerable.Range(0, 8)
            .Select(_ => ProcessSpawner.Spawn("/bin/sleep", ["sleep", "1000"], ["PATH=/usr/bin:/bin"], []))
            .ToList();
        Assert.All(children, child => Assert.Null(ProcessSpawner.Reap(child)));
        foreach (var child in children)
        {
            ProcessSpawner.End(child, TimeSpan.Zero);
            child.Dispose();
        }

        await Eventually.TrueAsync(
            () => Task.FromResult(children.All(child => !Directory.Exists($"/proc/{child.Id}"))),
            () => $"Zombies stay: {string.Join(", ", children.Where(child => Directory.Exists($"/proc/{child.Id}")).Select(child => child.Id))}");
    }
}
