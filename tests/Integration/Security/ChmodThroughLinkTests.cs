using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A VM's directory that its owner exchanges, as fast as he can, with one whose names lead elsewhere: nothing elsewhere changes.</summary>
public sealed partial class ChmodThroughLinkTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Secret = "/etc/secret";
    private const string Decoy = "/var/lib/libvirt/qemu/decoy";
    private const int Current = -100;
    private const uint Exchange = 2;

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        if (Directory.Exists(Decoy))
            Directory.Delete(Decoy, recursive: true);
        await File.WriteAllTextAsync(Secret, "topsecret\n");
        File.SetUnixFileMode(Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData("links to a file")]
    [InlineData("links to directories")]
    public async Task Nothing_outside_the_VM_s_directory_changes(string what)
    {
        const int Times = 12;
        SmallGuest guest = await SmallGuest.Start("d-swap", "--ram", "shared", "--no-disk");
        int process = await Virsh.Pid(guest.Name);
        string directory = Path.GetDirectoryName(guest.Status.MonitorPath)!;
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Directory.CreateDirectory(Decoy);
        string target = what == "links to a file" ? Secret : "/etc";
        foreach (int number in Enumerable.Range(1, 50))
        {
            foreach (string name in (string[])["monitor.sock.{0}", "monitor.sock.{0}.old", ".virt-handover.{0}"])
                File.CreateSymbolicLink(Path.Combine(Decoy, string.Format(CultureInfo.InvariantCulture, name, number)), target);
        }

        File.CreateSymbolicLink(Path.Combine(Decoy, "monitor.sock"), target);
        File.CreateSymbolicLink(Path.Combine(Decoy, "monitor.sock.new"), target);
        string before = await Etc();
        var done = 0;
        using (var stop = new CancellationTokenSource())
        {
            Task<long> swapping = Task.Factory.StartNew(() => Swap(directory, stop.Token), stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            for (var i = 0; i < Times; i++)
                done += (await Shell.TryRun("virt-handover", "rehearse", guest.Name)).ExitCode == 0 ? 1 : 0;
            await stop.CancelAsync();
            Assert.True(await swapping > 1000);
        }

        Assert.Equal(before, await Etc());
        Assert.Equal((process, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        Assert.True((await Shell.TryRun("virt-handover", "rehearse", guest.Name)).ExitCode == 0, $"{done} rehearsals went well while it was swapped, and none afterwards.");
    }

    /// <summary>Everything below /etc that a file system tells: names, types, modes, owners, link targets, times of change.</summary>
    private static Task<string> Etc() => Shell.Run("find", "/etc", "-printf", "%p %y %m %u %g %l %s %C@\n");

    private static long Swap(string directory, CancellationToken stop)
    {
        long times = 0;
        // Even at the end: the directory is where it was.
        while (!stop.IsCancellationRequested || times % 2 != 0)
        {
            Assert.Equal(0, Rename(Current, directory, Current, Decoy, Exchange));
            times++;
        }

        return times;
    }

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int from, string path, int to, string other, uint flags);
}
