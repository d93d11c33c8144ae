using VirtHandover.Tests.Integration.Views;

namespace VirtHandover.Tests.Unit.Handover.Settings;

/// <summary>The tests' own witnesses: they see a change, and do not cry at what is right.</summary>
public class ViewsTests
{
    [Fact]
    public async Task A_VM_in_another_process_must_look_the_same()
    {
        var host = new FakeHost();
        var watched = new WatchedDomains(host.Run, _ => Task.FromResult<int?>(host.Process));
        await watched.Remember("a");
        host.Poll = 7;
        Assert.Empty(await watched.Check("a")); // the same process: somebody has set it

        await watched.Remember("a");
        (host.Process, host.Pty, host.Adjustment) = (2, 9, 2);
        Assert.Empty(await watched.Check("a"));

        (host.Process, host.Poll, host.Adjustment) = (3, 8, 5);
        var differences = await watched.Check("a");
        Assert.Contains(differences, line => line.StartsWith("dumpxml: before:", StringComparison.Ordinal) && line.Contains("clock", StringComparison.Ordinal));
        Assert.Contains("query-iothreads[iothread1].poll-max-ns: before: 7; after: 8", differences);
        Assert.Contains(differences, line => line.StartsWith("iothreadinfo a: after: ", StringComparison.Ordinal));
        Assert.Contains(differences, line => line.StartsWith("domstats: after: ", StringComparison.Ordinal));

        (host.Process, host.Id, host.Poll) = (4, 2, 9);
        Assert.Empty(await watched.Check("a")); // another run of the domain
    }

    private sealed class FakeHost
    {
        internal int Process { get; set; } = 1;

        internal int Id { get; set; } = 1;

        internal int Poll { get; set; } = 3;

        internal int Pty { get; set; } = 1;

        internal int Adjustment { get; set; }

        internal Task<string?> Run(string script) => Task.FromResult<string?>(string.Concat(script.Split("; ").Select(One)));

        private string One(string command) => command switch
        {
            _ when command.StartsWith("echo '", StringComparison.Ordinal) => command[6..^1] + "\n",
            _ when command.StartsWith("dumpxml", StringComparison.Ordinal) =>
                $"<domain id='{Id}'>\n<clock offset='variable' adjustment='{Adjustment}' basis='utc'/>\n<devices><console type='pty' tty='/dev/pts/{Pty}'/></devices></domain>\n",
            _ when command.StartsWith("iothreadinfo", StringComparison.Ordinal) => $" 1 {Poll}\n",
            _ when command.StartsWith("domstats", StringComparison.Ordinal) => $"  iothread.1.poll-max-ns={Poll}\n  cpu.time={Process}\n",
            _ when command.Contains("query-iothreads", StringComparison.Ordinal) => $$"""{"return":[{"id":"iothread1","thread-id":{{Process}},"poll-max-ns":{{Poll}} }],"id":"x"}""",
            _ when command.Contains("qom-list", StringComparison.Ordinal) => """{"return":[{"name":"balloon0","type":"child<virtio-balloon-pci>"}]}""",
            _ when command.Contains("query-migrate-parameters", StringComparison.Ordinal) =>
                """{"return":{"max-bandwidth":1,"downtime-limit":2,"xbzrle-cache-size":3,"max-postcopy-bandwidth":4}}""",
            _ when command.Contains("qom-get", StringComparison.Ordinal) => """{"return":5}""",
            _ when command.Contains("qemu-monitor-command", StringComparison.Ordinal) => """{"return":[]}""",
            _ => "",
        };
    }
}
