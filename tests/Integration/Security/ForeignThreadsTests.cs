using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using VirtHandover.Linux;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A QEMU that names other processes' threads as its own: those keep their CPUs, control groups and scheduling, and the VM stays where it is.</summary>
public sealed class ForeignThreadsTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Library = "/usr/lib/liar-threads.so";
    private const string Number = "/usr/lib/liar-threads.txt";

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        File.Delete(Number);
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 180000)]
    [InlineData(false, "PROCESS_DIFF")]
    [InlineData(true, "none of its own")]
    public async Task A_process_of_root_s_that_QEMU_names_is_left_alone(bool source, string why)
    {
        string[] options = source ? [] : ["LIAR_FROM_START"];
        string name = source ? "f-now" : "f-root";
        await Start(name, options);
        using var root = ProcessSpawner.Spawn(
            ProgramPath.Of("taskset"), ["taskset", "1", "sleep", "600"], ["PATH=/usr/bin:/bin"], []);
        try
        {
            await Eventually.Until("it has its CPU", () => Task.FromResult(Look(root.Id).Contains("Cpus_allowed:\t1\n", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{root.Id}/comm").Trim() == "sleep"));
            await IsLeftAlone(name, root.Id, why);
        }
        finally
        {
            root.Kill();
            Assert.True(root.WaitForExit(TimeSpan.FromSeconds(20)));
            _ = ProcessSpawner.Reap(root);
        }
    }

    [Fact(Timeout = 180000)]
    public async Task A_vCPU_of_another_VM_is_left_alone()
    {
        SmallGuest other = await SmallGuest.Start("f-other", "--ram", "shared", "--no-disk");
        await Start("f-vm", "LIAR_FROM_START");
        using var reply = JsonDocument.Parse(await Virsh.Monitor(other.Name, """{"execute":"query-cpus-fast"}"""));
        int thread = reply.RootElement.GetProperty("return")[0].GetProperty("thread-id").GetInt32();
        await Shell.Run("chrt", "--batch", "--pid", "0", thread.ToString(CultureInfo.InvariantCulture));
        int process = await Virsh.Pid(other.Name);
        await IsLeftAlone("f-vm", thread, "PROCESS_DIFF");
        Assert.Equal((process, "running"), (await Virsh.Pid(other.Name), await Virsh.State(other.Name)));
    }

    private static async Task IsLeftAlone(string name, int thread, string why)
    {
        string before = Look(thread);
        int process = await Virsh.Pid(name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await File.WriteAllTextAsync(Number, thread.ToString(CultureInfo.InvariantCulture));
        ShellResult result = await Shell.TryRun("virt-handover", "run", name, "--json");
        Assert.True(result.ExitCode == 1, result.Output + result.Error);
        Assert.Contains(why, result.Output, StringComparison.Ordinal);
        Assert.Equal(before, Look(thread));
        Assert.Equal((process, "running"), (await Virsh.Pid(name), await Virsh.State(name)));
    }

    /// <summary>CPUs, control groups and scheduling of any thread of the host.</summary>
    private static string Look(int thread)
    {
        string cpus = string.Concat(File.ReadLines($"/proc/{thread}/status").Where(line => line.StartsWith("Cpus_allowed", StringComparison.Ordinal)).Select(line => line + "\n"));
        return cpus + File.ReadAllText($"/proc/{thread}/cgroup") + ThreadAttributes.Of(thread);
    }

    private static async Task Start(string name, params string[] variables)
    {
        await Shell.Run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", Library, Path.Combine(Here(), "threads.c"), "-ldl");
        (string Name, string Value)[] all = [("LD_PRELOAD", Library), ("LIAR_THREADS", Number), .. variables.Select(variable => (variable, "1"))];
        string environment = string.Concat(all.Select(variable => $"<qemu:env name='{variable.Name}' value='{variable.Value}'/>"));
        string xml = (await Shell.Run("vm", name, "--xml", "--ram", "shared", "--no-net", "--no-disk", "--mem", "16", "--memory", "128"))
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace("</domain>", $"<qemu:commandline>{environment}</qemu:commandline></domain>", StringComparison.Ordinal);
        string file = $"/run/lab/{name}.xml";
        await File.WriteAllTextAsync(file, xml);
        await Virsh.Run("define", file);
        await Virsh.Run("start", name);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
