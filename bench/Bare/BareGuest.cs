using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Results;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Bench.Bare;

/// <summary>A guest on bare QEMU processes, moved by nothing but QMP: what there is to compare with.</summary>
internal sealed class BareGuest : Guest, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly BareShape _shape;
    private BareQemu _qemu;
    private int _moves;

    private BareGuest(BareShape shape, BareQemu qemu)
        : base(shape.Name, shape.Address)
    {
        _shape = shape;
        _qemu = qemu;
    }

    public static async Task<BareGuest> Start(BareShape shape)
    {
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", shape.Image, "64M");
        foreach (var tap in (string[])[Tap(0), Tap(1)])
        {
            await Shell.TryRun("ip", ["tuntap", "add", "dev", tap, "mode", "tap"]);
            await Shell.Run("ip", "link", "set", tap, "master", "vhbr0", "up");
        }

        if (shape.RamFile is { } file)
        {
            // As a VM's that has run for a while: all of it is there.
            await Shell.Run("fallocate", "-l", string.Create(CultureInfo.InvariantCulture, $"{shape.Memory}M"), file);
        }

        var guest = new BareGuest(shape, await BareQemu.Start(shape, Tap(0)));
        try
        {
            await guest.Boot();
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>A migration as QEMU does it by itself: all memory is copied while the guest runs.</summary>
    /// <param name="limit">After that the guest is stopped, so that the copy comes to an end.</param>
    public async Task<PeerMove> Copy(TimeSpan limit)
    {
        var started = Stopwatch.GetTimestamp();
        var target = await StartTarget();
        try
        {
            var socket = $"/run/lab/{Name}.move";
            File.Delete(socket);
            foreach (var one in (BareQemu[])[_qemu, target])
            {
                await one.Capabilities("events");
                await one.Qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 1L << 40 });
            }

            await target.Qmp.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = "unix:" + socket });
            await _qemu.Qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = "unix:" + socket });
            var note = "";
            QmpEvent? stopped = null;
            try
            {
                stopped = await _qemu.Event("STOP", limit);
            }
            catch (QmpProtocolException e) when (e.Fault == QmpFault.Deadline)
            {
                note = string.Create(CultureInfo.InvariantCulture, $"did not end by itself within {limit.TotalSeconds:0} s; the guest was stopped");
                await _qemu.Qmp.ExecuteAsync("stop");
                stopped = await _qemu.Event("STOP", Limit);
            }

            if (note.Length > 0)
            {
                await CompletedAsync();
                await target.Qmp.ExecuteAsync("cont");
            }

            var resumed = await target.Event("RESUME", Limit);
            var total = Stopwatch.GetElapsedTime(started);
            await CompletedAsync();
            var bytes = await TransferredAsync();
            Switch(target);
            return new PeerMove((resumed.At - stopped.At).TotalMilliseconds, total.TotalMilliseconds, bytes, null, note);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>The least that a handover can be: the memory stays where it is, device state goes over a socket.</summary>
    /// <param name="live">True: QEMU stops the guest itself when there is nothing left to copy; false: it is stopped first, as the product does.</param>
    public async Task<PeerMove> Floor(bool live)
    {
        var started = Stopwatch.GetTimestamp();
        var target = await StartTarget(live ? [] : ["-S"]);
        try
        {
            foreach (var one in (BareQemu[])[_qemu, target])
            {
                await one.Capabilities("events", "x-ignore-shared");
                await one.Qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 1L << 40 });
            }

            var (here, there) = UnixSockets.Pair();
            using (here)
            using (there)
            {
                await _qemu.Qmp.ExecuteAsync("getfd", new JsonObject { ["fdname"] = "move" }, [(int)here.DangerousGetHandle()]);
                await target.Qmp.ExecuteAsync("getfd", new JsonObject { ["fdname"] = "move" }, [(int)there.DangerousGetHandle()]);
            }

            await target.Qmp.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = "fd:move" });
            if (!live)
                await _qemu.Qmp.ExecuteAsync("stop");
            await _qemu.Qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = "fd:move" });
            var stopped = await _qemu.Event("STOP", Limit);
            if (!live)
            {
                await target.Qmp.Events.WaitForAsync(e => e.MigrationStatus is "completed" or "failed", "the state to be loaded", Limit);
                await target.Qmp.ExecuteAsync("cont");
            }

            var resumed = await target.Event("RESUME", Limit);
            var total = Stopwatch.GetElapsedTime(started);
            var bytes = await TransferredAsync();
            Switch(target);
            return new PeerMove((resumed.At - stopped.At).TotalMilliseconds, total.TotalMilliseconds, bytes, null);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _qemu.Dispose();
        File.Delete(_shape.Image);
        if (_shape.RamFile is { } file)
            File.Delete(file);
    }

    private static string Tap(int number) => string.Create(CultureInfo.InvariantCulture, $"bare{number}");

    private Task<BareQemu> StartTarget(params string[] more) =>
        BareQemu.Start(_shape, Tap((_moves + 1) % 2), ["-incoming", "defer", .. more]);

    private void Switch(BareQemu target)
    {
        _qemu.Dispose();
        _qemu = target;
        _moves++;
    }

    private async Task CompletedAsync()
    {
        await Wait.Until($"QEMU has sent all of {Name}", async () =>
        {
            var info = await _qemu.Qmp.ExecuteAsync("query-migrate");
            var status = info.TryGetProperty("status", out var text) ? text.GetString() : "none";
            return status is "failed" or "cancelled"
                ? throw new BenchException($"A migration of {Name} ended as '{status}'.")
                : status == "completed";
        }, Limit, 5);
    }

    private async Task<long> TransferredAsync()
    {
        var info = await _qemu.Qmp.ExecuteAsync("query-migrate");
        return info.TryGetProperty("ram", out var ram) && ram.TryGetProperty("transferred", out var bytes) && bytes.ValueKind == JsonValueKind.Number
            ? bytes.GetInt64()
            : 0;
    }
}
