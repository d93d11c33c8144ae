using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU process that rewrites its environment: every program that a handover starts loaded what that named, as root. It is refused, a rehearsal too, and
/// its library has been loaded by nobody.
/// </summary>
public sealed class EnvironmentTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Mark = "/run/loaded";

    public async Task InitializeAsync()
    {
        await Refusal.Forgotten();
        await TheService.Reset();
        await host.Reset();
        File.Delete(Mark);
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData(true, "LD_PRELOAD")]
    [InlineData(false, "LD_PRELOAD")]
    [InlineData(true, "LD_AUDIT")]
    [InlineData(false, "LD_AUDIT")]
    public async Task What_it_would_have_loaded_is_loaded_by_nobody(bool isNoted, string variable)
    {
        if (isNoted)
            _ = await TheService.View();
        SmallGuest guest = await SmallGuest.Start("s-env", "--ram", "shared");
        if (isNoted)
            _ = await Refusal.Noted(guest.Name);
        string library = Path.Combine(guest.Status.LibDirectory, "e.so");
        await Compile(library);
        HostileProcess.RewriteEnvironment(guest.Status.ProcessId, $"{variable}={library}");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Refusal.Expect(guest, isNoted ? "CMDLINE_CHANGED" : "CMDLINE_FOREIGN");
        Assert.False(File.Exists(Mark), File.Exists(Mark) ? await File.ReadAllTextAsync(Mark) : "");
    }

    // That the library marks who loads it is tried, so that a library that does nothing is not taken for one that nobody loads.
    private static async Task Compile(string library)
    {
        string source = "/run/lab/loaded.c";
        await File.WriteAllTextAsync(source, $$"""
            #include <fcntl.h>
            #include <unistd.h>
            unsigned int la_version(unsigned int version) { return version; }
            __attribute__((constructor)) static void loaded(void)
            {
                char name[256];
                ssize_t length = readlink("/proc/self/exe", name, sizeof name);
                int file = open("{{Mark}}", O_WRONLY | O_CREAT | O_APPEND, 0666);
                if (length > 0 && write(file, name, length) == length)
                    close(file);
            }
            """);
        await Shell.Run("gcc", "-shared", "-fPIC", "-o", library, source);
        await Shell.Run("env", "LD_PRELOAD=" + library, "true");
        Assert.True(File.Exists(Mark));
        File.Delete(Mark);
    }
}
