using System.Reflection;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>The VMs of the KVM host. Programs that start them: <c>tests/hosts/kvm/inside</c>.</summary>
internal static class Fleet
{
    public const string Passthrough = "passthrough";
    public const string HostModel = "host-model";
    public const string SharedFile = "shared-file";
    public const string Memfd = "memfd";
    public const string First = "first";
    public const string Later = "later";
    public const string Vhost = "vhost";
    public const string VhostQueues = "vhost-queues";
    public const string Installed = "installed";
    public const string InstalledVnc = "installed-vnc";

    private const string CaseVariable = "VHKVM_CASE";

    private static readonly IReadOnlyList<KvmVm> s_all =
    [
        new(Passthrough, 11, "vm", "--cpu host-passthrough --hyperv --userspace-net"),
        new(HostModel, 12, "vm", "--cpu host-model --userspace-net"),
        new(SharedFile, 13, "vm", "--ram shared --cpu host-passthrough --userspace-net"),
        new(Memfd, 14, "vm", "--ram memfd --cpu host-model --userspace-net"),
        new(First, 15, "vm", "--ram shared --userspace-net"),
        // For what is done to a VM that has moved: no case may depend on which of the others came first.
        new(Later, 20, "vm", "--ram shared --cpu host-model --userspace-net"),
        new(Vhost, 16, "vm", "--ram shared"),
        new(VhostQueues, 17, "vm", "--ram shared --queues 2 --vcpus 2"),
        new(Installed, 18, "install-vm", ""),
        new(InstalledVnc, 19, "install-vm", "--graphics vnc"),
    ];

    public static KvmVm Vm(string name) => s_all.Single(vm => vm.Name == name);

    /// <summary>The VMs of the cases that are to run: all, or those whose full name has VHKVM_CASE in it.</summary>
    public static IReadOnlyList<KvmVm> Chosen()
    {
        string part = Environment.GetEnvironmentVariable(CaseVariable) ?? "";
        var names = typeof(Fleet).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => $"{method.DeclaringType!.FullName}.{method.Name}".Contains(part, StringComparison.OrdinalIgnoreCase))
            .SelectMany(method => method.GetCustomAttributes<UsesAttribute>()).Select(uses => uses.Vm).ToHashSet();
        return [.. s_all.Where(vm => names.Contains(vm.Name))];
    }
}
