using System.Text.Json.Nodes;
using VirtHandover.Bench.Lab;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Bench.Bare;

/// <summary>A QEMU process without libvirt, with the devices of the lab's VM.</summary>
internal sealed class BareQemu : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private BareQemu(ProcessHandle process, QmpClient qmp, string name)
    {
        Process = process;
        Qmp = qmp;
        Name = name;
    }

    public ProcessHandle Process { get; }

    public QmpClient Qmp { get; }

    public string Name { get; }

    /// <summary>Starts one and returns when its monitor answers.</summary>
    /// <param name="shape">The machine.</param>
    /// <param name="tap">Its tap; it exists and is in the bridge.</param>
    /// <param name="more">Further arguments, such as <c>-incoming defer</c>.</param>
    public static async Task<BareQemu> Start(BareShape shape, string tap, params string[] more)
    {
        var name = $"{shape.Name}-{tap}";
        var monitor = $"/run/lab/{name}.qmp";
        File.Delete(monitor);
        using var log = File.OpenHandle($"/var/log/lab/{name}.log", FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var process = ProcessSpawner.Spawn(
            BareShape.Program, [BareShape.Program, .. shape.Arguments(tap), "-qmp", $"unix:{monitor},server=on,wait=off", .. more],
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], [new InheritedDescriptor(log, 1), new InheritedDescriptor(log, 2)]);
        try
        {
            await Wait.Until($"the QEMU {name} opens its monitor", () => Task.FromResult(File.Exists(monitor) || process.HasExited), Limit, 1);
            var qmp = await ConnectAsync(monitor, process, name);
            return new BareQemu(process, qmp, name);
        }
        catch
        {
            process.Kill();
            process.WaitForExit(Limit);
            _ = ProcessSpawner.Reap(process);
            process.Dispose();
            throw;
        }
    }

    public Task Capabilities(params string[] names)
    {
        var list = new JsonArray();
        foreach (var name in names)
            list.Add((JsonNode)new JsonObject { ["capability"] = name, ["state"] = true });
        return Qmp.ExecuteAsync("migrate-set-capabilities", new JsonObject { ["capabilities"] = list });
    }

    /// <summary>Waits for an event.</summary>
    public Task<QmpEvent> Event(string name, TimeSpan limit) => Qmp.Events.WaitForAsync(e => e.Name == name, $"{name} of {Name}", limit);

    /// <summary>SIGKILL, as the product ends the source; returns when it is gone.</summary>
    public void Dispose()
    {
        Qmp.Dispose();
        Process.Kill();
        Process.WaitForExit(Limit);
        _ = ProcessSpawner.Reap(Process);
        Process.Dispose();
    }

    private static async Task<QmpClient> ConnectAsync(string monitor, ProcessHandle process, string name)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await QmpClient.ConnectAsync(monitor, process, name, Limit);
            }
            catch (QmpProtocolException e) when (e.Fault == QmpFault.Unreachable && attempt < 200)
            {
                // Between bind(2) and listen(2).
                await Task.Delay(1);
            }
        }
    }
}
