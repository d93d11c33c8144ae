using System.Globalization;
using VirtHandover.Foreign;

namespace VirtHandover.Linux;

/// <summary>
/// What systemd-machined knows of a VM (<c>org.freedesktop.machine1.Machine</c>), but for its leader: libvirt registers each VM when it
/// starts and never again, so that a new process has to be registered as the old one was.
/// </summary>
public sealed record MachineRegistration
{
    /// <summary>The machine's name, for example <c>qemu-3-web-01</c>.</summary>
    public required string Name { get; init; }

    /// <summary>16 bytes: the domain's UUID.</summary>
    public required IReadOnlyList<byte> Id { get; init; }

    /// <summary>Who registered it, for example <c>libvirt-qemu</c>.</summary>
    public required string Service { get; init; }

    /// <summary><c>vm</c>.</summary>
    public required string Class { get; init; }

    /// <summary>Empty for a VM.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>The host's network interfaces that belong to it, by index.</summary>
    public required IReadOnlyList<int> Interfaces { get; init; }

    /// <summary>The process that machined takes for the VM, when this was read; 0 when it knows of none.</summary>
    public required int Leader { get; init; }

    /// <summary>Reads what <c>busctl --json=short call … GetAll</c> prints: <c>{"type":"a{sv}","data":[{"Name":{"type":"s","data":"…"},…}]}</c>.</summary>
    /// <param name="json">Its output.</param>
    /// <returns>The registration; null when the text is none.</returns>
    internal static MachineRegistration? Parse(string json)
    {
        if (ForeignJson.TryRead(json, BusctlJson.Default.BusctlMachines)?.Data is not [{ } machine, ..]
            || machine.Id.Data.Any(number => number is < 0 or > byte.MaxValue))
        {
            return null;
        }

        return new MachineRegistration
        {
            Name = machine.Name.Data,
            Id = [.. machine.Id.Data.Select(number => (byte)number)],
            Service = machine.Service.Data,
            Class = machine.Class.Data,
            RootDirectory = machine.RootDirectory.Data,
            Interfaces = machine.NetworkInterfaces.Data,
            Leader = machine.Leader.Data,
        };
    }

    /// <summary>The arguments of <c>RegisterMachineWithNetwork</c>, its signature first, as busctl takes them.</summary>
    /// <param name="leader">The process that is to be the machine's.</param>
    internal IReadOnlyList<string> Arguments(int leader) =>
    [
        "sayssusai", Name,
        Number(Id.Count), .. Id.Select(each => Number(each)),
        Service, Class, Number(leader), RootDirectory,
        Number(Interfaces.Count), .. Interfaces.Select(Number),
    ];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
