using System.Collections.Concurrent;
using VirtHandover.Bus;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>
/// Stands on the lab's bus in systemd-machined's place, which needs systemd as PID 1: knows one machine, writes down what it is told, and
/// misbehaves on command. What the real one does then is seen on the hosts of <c>tests/hosts</c>.
/// </summary>
internal sealed class StandInMachined : IAsyncDisposable
{
    internal const string Machine = "qemu-1-lab";
    private const string Name = "org.freedesktop.machine1";
    private const string Root = "/org/freedesktop/machine1";
    private const string ObjectPath = Root + "/machine/qemu_2d1_2dlab";
    private const string State = "/run/systemd/machines";

    private readonly BusConnection _connection;
    private readonly byte[] _id;
    private BusObject? _machine;

    private StandInMachined(BusConnection connection, Guid domain, int leader)
    {
        _connection = connection;
        _id = domain.ToByteArray(bigEndian: true);
        Leader = leader;
    }

    /// <summary>Methods that are refused, as by a policy of the bus.</summary>
    internal ConcurrentDictionary<string, bool> Refused { get; } = new();

    /// <summary>Methods that are never answered.</summary>
    internal ConcurrentDictionary<string, bool> Unanswered { get; } = new();

    /// <summary>What it was told to do, in order, without what could not be done.</summary>
    internal ConcurrentQueue<string> Told { get; } = new();

    /// <summary>True to find the machine by the scope that a process is in, whoever is its leader.</summary>
    internal bool FindsByScope { get; set; }

    /// <summary>Who is the machine's leader; null while it is not registered.</summary>
    internal int? Leader { get; private set; }

    private static InterfaceDefinition ManagerDefinition { get; } = new InterfaceBuilder<StandInMachined>(Name + ".Manager")
        .Method("GetMachineByPID", [new("u", "pid")], [new("o", "machine")], (self, call) => self.DoAsync(call, () =>
            self.FindsByScope || self.Leader == call.Arguments[0].AsUInt32()
                ? [new BusValue.ObjectPath(ObjectPath)]
                : throw new BusException(Name + ".NoMachineForPID", $"PID {call.Arguments[0].AsUInt32()} does not belong to any known machine")))
        .Method("GetMachine", [new("s", "name")], [new("o", "machine")], (self, call) => self.DoAsync(call, () =>
            self.Known(call.Arguments[0].AsText(), [new BusValue.ObjectPath(ObjectPath)])))
        .Method("UnregisterMachine", [new("s", "name")], [], (self, call) => self.DoAsync(call, () =>
        {
            self.Known(call.Arguments[0].AsText(), []);
            self.Told.Enqueue("unregister");
            self.Leader = null;
            return [];
        }))
        .Method(
            "RegisterMachineWithNetwork",
            [new("s", "name"), new("ay", "id"), new("s", "service"), new("s", "class"), new("u", "leader"), new("s", "root"), new("ai", "interfaces")],
            [new("o", "machine")],
            (self, call) => self.DoAsync(call, () =>
            {
                if (call.Arguments[0].AsText() != Machine)
                    throw new BusException(BusErrorNames.InvalidArgs, "Invalid machine name");
                if (self.Leader is not null)
                    throw new BusException(Name + ".MachineExists", $"Machine '{Machine}' already exists");
                self.Leader = (int)call.Arguments[4].AsUInt32();
                self.Told.Enqueue($"register {self.Leader} {call.Arguments[2].AsText()} {call.Arguments[3].AsText()}");
                return [new BusValue.ObjectPath(ObjectPath)];
            }))
        .Build();

    private static InterfaceDefinition MachineDefinition { get; } = new InterfaceBuilder<StandInMachined>(Name + ".Machine")
        .Property("Name", "s", _ => Machine)
        .Property("Id", "ay", self => BusValue.ArrayOf("y", self._id.Select(each => (BusValue)each)))
        .Property("Service", "s", _ => "libvirt-qemu")
        .Property("Class", "s", _ => "vm")
        .Property("RootDirectory", "s", _ => "")
        .Property("NetworkInterfaces", "ai", _ => BusValue.ArrayOf("i", []))
        .Property("Leader", "u", self => (uint)(self.Leader ?? 0))
        .Build();

    internal static async Task<StandInMachined> Start(Guid domain, int leader)
    {
        var connection = await BusConnection.OpenAsync(null, CancellationToken.None);
        var self = new StandInMachined(connection, domain, leader);
        await connection.ExportAsync(Root, announce: false, (ManagerDefinition, self));
        self._machine = await connection.ExportAsync(ObjectPath, announce: false, (MachineDefinition, self));
        await connection.RequestNameAsync(Name, CancellationToken.None);
        Directory.CreateDirectory(State);
        await File.WriteAllTextAsync($"{State}/{Machine}", "");
        return self;
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(State, recursive: true);
        await _connection.DisposeAsync();
    }

    private IReadOnlyList<BusValue> Known(string name, IReadOnlyList<BusValue> answer) =>
        name == Machine && Leader is not null ? answer : throw new BusException(Name + ".NoSuchMachine", $"No machine '{name}' known");

    private async Task<IReadOnlyList<BusValue>> DoAsync(BusCall call, Func<IReadOnlyList<BusValue>> action)
    {
        if (Refused.ContainsKey(call.Message.Member))
            throw new BusException(BusErrorNames.AccessDenied, "Rejected send message");
        if (Unanswered.ContainsKey(call.Message.Member))
            await Task.Delay(Timeout.Infinite);
        return action();
    }
}
