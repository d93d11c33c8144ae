using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Libvirt;

public sealed class StatusFileTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 120000)]
    public async Task What_libvirt_writes_is_what_the_process_is()
    {
        SmallGuest domain = await SmallGuest.Start("status-a", "--vcpus", "2");
        StatusFile file = domain.Status;
        Assert.Equal(domain.Uuid, file.Uuid);
        Assert.Contains(domain.Uuid.ToString(), ProcessCommandLine.Read(ProcRoot.Host, file.ProcessId));
        Assert.True(File.Exists(file.MonitorPath));
        Assert.True(Directory.Exists(file.LibDirectory));
        Assert.Null(file.Job);
        Assert.NotEmpty(file.Ptys);
        Assert.All(file.Ptys, pty => Assert.StartsWith("/dev/pts/", pty, StringComparison.Ordinal));
        Assert.Equal(file.Content.ToArray(), file.Apply(new StatusFileEdit { ProcessId = file.ProcessId }));
    }

    [Fact(Timeout = 120000)]
    public async Task libvirt_believes_an_edited_file()
    {
        SmallGuest domain = await SmallGuest.Start("status-b");
        await Daemon.Stop();
        StatusFile file = domain.Status;
        string pty = Assert.Single(file.Ptys);
        file.Replace(file.Apply(new StatusFileEdit { ProcessId = file.ProcessId, Ptys = new Dictionary<string, string> { [pty] = "/dev/pts/4711" } }));
        await Daemon.Start();

        await using LibvirtConnection connection = await LibvirtConnection.OpenAsync();
        await Eventually.Until("the adoption", async () => (await connection.StateAsync(domain.Uuid)).State == DomainState.Running);
        Assert.Equal("/dev/pts/4711", (await Shell.Run("virsh", "ttyconsole", domain.Name)).Trim());
        Assert.Equal(file.ProcessId, domain.Status.ProcessId);
        Assert.Empty(Directory.GetFiles("/run/libvirt/qemu", "*.virt-handover"));
    }
}
