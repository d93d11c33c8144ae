using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Libvirt;

public sealed class LibvirtConnectionTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 120000)]
    public async Task A_running_domain_is_found_read_and_asked()
    {
        SmallGuest domain = await SmallGuest.Start("conn-a");
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();

        Assert.True(connection.IsAlive);
        RunningDomain listed = Assert.Single(await connection.ListRunningAsync(), found => found.Uuid == domain.Uuid);
        Assert.Equal("conn-a", listed.Name);
        Assert.Equal(listed, await connection.FindAsync("conn-a"));
        Assert.Equal(listed, await connection.FindAsync(domain.Uuid));
        Assert.Equal(DomainState.Running, (await connection.StateAsync(domain.Uuid)).State);
        Assert.False(await connection.JobActiveAsync(domain.Uuid));
        Assert.Equal("/usr/libexec/qemu-kvm", DomainXml.Parse(await connection.GetXmlAsync(domain.Uuid)).Emulator);
        Assert.Contains("\"running\":true", await connection.MonitorCommandAsync(domain.Uuid, """{"execute":"query-status"}"""), StringComparison.Ordinal);
        Assert.Contains("CommandNotFound", await connection.MonitorCommandAsync(domain.Uuid, """{"execute":"no-such"}"""), StringComparison.Ordinal);
        Assert.Contains("<domainCapabilities>", await connection.DomainCapabilitiesAsync("/usr/libexec/qemu-kvm"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120000)]
    public async Task An_unknown_domain_is_said_in_a_sentence()
    {
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        Assert.Null(await connection.FindAsync("no-such"));
        Assert.Null(await connection.FindAsync(Guid.Empty));
        LibvirtException error = await Assert.ThrowsAsync<LibvirtException>(() => connection.StateAsync(Guid.Empty));
        Assert.Equal(LibvirtException.NoDomain, error.Code);
        Assert.StartsWith("libvirt could not read the state of domain 00000000-", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120000)]
    public async Task A_job_of_libvirts_is_seen_while_it_runs()
    {
        SmallGuest domain = await SmallGuest.Start("conn-job");
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        // A core dump into a pipe lasts until somebody reads it.
        const string Pipe = "/var/tmp/dump";
        await Shell.Run("mkfifo", Pipe);
        Task<ShellResult> dump;
        Task<ShellResult> reader;
        using (new FileStream(Pipe, FileMode.Open, FileAccess.ReadWrite))
        {
            dump = Shell.TryRun("virsh", "dump", "--live", "--memory-only", domain.Name, Pipe);
            await Eventually.Until("the job shows", () => connection.JobActiveAsync(domain.Uuid));
            Assert.Equal("dump", domain.Status.Job);
            reader = Shell.TryRun("sh", "-c", $"cat {Pipe} > /dev/null");
            await Eventually.Until("the job ends", async () => !await connection.JobActiveAsync(domain.Uuid));
        }

        await dump;
        await reader;
        Assert.Null(domain.Status.Job);
    }

    [Fact(Timeout = 120000)]
    public async Task Lives_are_reported_until_the_daemon_goes()
    {
        SmallGuest domain = await SmallGuest.Start("conn-live");
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        var seen = new List<DomainEvent>();
        var registered = new TaskCompletionSource();
        Task watch = Task.Run(async () =>
        {
            await foreach (DomainEvent change in connection.WatchAsync())
            {
                lock (seen)
                {
                    seen.Add(change);
                }

                registered.TrySetResult();
            }
        });

        // Until the registration is through nothing is seen, so ask for a change until one is.
        await Eventually.Until("an event", async () =>
        {
            await Shell.Run("virsh", "suspend", domain.Name);
            await Shell.Run("virsh", "resume", domain.Name);
            return registered.Task.IsCompleted;
        });
        lock (seen)
        {
            Assert.All(seen, change => Assert.Equal((domain.Uuid, domain.Name), (change.Uuid, change.Name)));
            Assert.Contains(seen, change => change.Kind is DomainEventKind.Suspended or DomainEventKind.Resumed);
        }

        await Daemon.Stop();
        await watch;
        Assert.False(connection.IsAlive);
        await Daemon.Start();
    }

    [Fact(Timeout = 120000)]
    public async Task A_daemon_that_is_away_fails_at_once_and_is_found_again()
    {
        SmallGuest domain = await SmallGuest.Start("conn-away");
        await using var client = new LibvirtClient();
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        Assert.Single(await client.ListRunningAsync(default));

        await Daemon.Stop();
        await Eventually.Until("the end of the connection", () => Task.FromResult(!connection.IsAlive));
        await Assert.ThrowsAsync<LibvirtException>(() => connection.ListRunningAsync());
        LibvirtException away = await Assert.ThrowsAsync<LibvirtException>(() => LibvirtConnection.OpenAsync());
        Assert.StartsWith("libvirt could not open the connection qemu:///system: ", away.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<LibvirtException>(() => LibvirtConnection.OpenWhenReadyAsync(LibvirtConnection.SystemUri, Short, default));
        await Assert.ThrowsAsync<LibvirtException>(() => client.ListRunningAsync(default));

        Task start = Daemon.Start();
        await using (LibvirtConnection again = await LibvirtConnection.OpenWhenReadyAsync(LibvirtConnection.SystemUri, TimeSpan.FromSeconds(30), default))
        {
            Assert.Equal(DomainState.Running, (await again.StateAsync(domain.Uuid)).State);
        }

        await start;
        Assert.Equal(domain.Uuid, Assert.Single(await client.ListRunningAsync(default)).Uuid);
    }

    [Fact(Timeout = 120000)]
    public async Task A_daemon_that_hangs_costs_the_limit_and_no_more()
    {
        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        await Daemon.Signal("STOP");
        try
        {
            LibvirtException silent = await Assert.ThrowsAsync<LibvirtException>(() => LibvirtConnection.OpenAsync(limit: Short));
            Assert.Equal(LibvirtException.NoAnswer, silent.Code);
            using var impatient = new CancellationTokenSource(Short);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connection.ListRunningAsync(impatient.Token));
        }
        finally
        {
            await Daemon.Signal("CONT");
        }

        Assert.Empty(await connection.ListRunningAsync());
    }

    [Fact(Timeout = 120000)]
    public async Task A_closed_connection_says_so()
    {
        LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        await connection.DisposeAsync();
        await connection.DisposeAsync();
        Assert.False(connection.IsAlive);
        LibvirtException error = await Assert.ThrowsAsync<LibvirtException>(() => connection.ListRunningAsync());
        Assert.Contains("the connection is closed", error.Message, StringComparison.Ordinal);
    }
}
