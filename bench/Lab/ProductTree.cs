using System.Globalization;

namespace VirtHandover.Bench.Lab;

/// <summary>
/// One of several products that take turns in a lab: a tree as <c>make build</c> leaves it, which is put over what is installed, as an upgrade does it,
/// and what it keeps of its VMs, which the others never see.
/// </summary>
internal sealed class ProductTree(string name, string stage)
{
    private static readonly string[] s_state = ["/var/lib/virt-handover", "/run/virt-handover"];

    private static ProductTree? s_active;

    /// <summary>Puts it in place and starts its service.</summary>
    public async Task Activate()
    {
        await Product.Stop();
        // Of a service in two processes the one on the bus may be gone first.
        await Wait.Until("no process of the product runs",
            async () => (await Shell.TryRun("pgrep", ["-x", "virt-handoverd"])).ExitCode == 1, TimeSpan.FromSeconds(30), 10);
        foreach (var directory in s_state)
        {
            if (s_active is not null && Directory.Exists(directory))
                Directory.Move(directory, s_active.Aside(directory));
            if (Directory.Exists(Aside(directory)))
                Directory.Move(Aside(directory), directory);
        }

        s_active = this;
        // Renamed into place, not overwritten, so that no program is busy; -p, because what is remembered of a file goes by its times.
        await Shell.Run("cp", "-a", "--remove-destination", Path.Combine(stage, "usr") + "/.", "/usr/");
        await Shell.Run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig");
        await Shell.Run("virt-handover", "list", "--json");
    }

    private string Aside(string directory) => string.Create(CultureInfo.InvariantCulture, $"{directory}.{name}");
}
