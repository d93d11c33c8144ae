using System.Text.RegularExpressions;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>A guest of the lab's own kind whose definition was changed before its start, where <c>vm</c> has no option for it.</summary>
internal static partial class EditedGuest
{
    /// <summary>Defines it, changes the definition, starts it and waits until it answers.</summary>
    public static async Task<Guest> Start(string name, Func<string, string> edit, params string[] options)
    {
        Guest guest = await Boot(name, edit, options);
        await Eventually.Until($"the guest {name} answers", async () => (await Shell.TryRun("probe", "status", guest.Address, "10")).ExitCode == 0);
        return guest;
    }

    /// <summary>The same without waiting for it.</summary>
    public static async Task<Guest> Boot(string name, Func<string, string> edit, params string[] options)
    {
        string xml = await Shell.Run("vm", [name, "--xml", .. Guest.Pace, .. options]);
        string edited = edit(xml);
        Assert.NotEqual(xml, edited);
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", $"/var/lib/libvirt/images/{name}.qcow2", "64M");
        string file = $"/run/lab/{name}.xml";
        await File.WriteAllTextAsync(file, edited);
        await Virsh.Run("define", file);
        await Virsh.Run("start", name);
        return new Guest(name, Address().Match(edited).Groups[1].Value);
    }

    [GeneratedRegex(@"vh\.ip=([0-9.]+)")]
    private static partial Regex Address();
}
