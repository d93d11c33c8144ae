namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>
/// The VM of the <see cref="Fleet"/> that a case works with. All that the chosen cases use are started on the old QEMU, and then one real
/// upgrade of the host's package leaves all of them behind: on an emulated host each upgrade costs minutes.
/// </summary>
/// <param name="vm">Its name.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class UsesAttribute(string vm) : Attribute
{
    public string Vm { get; } = vm;
}
