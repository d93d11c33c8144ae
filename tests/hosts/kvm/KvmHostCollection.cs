namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>All classes of cases share one boot.</summary>
[CollectionDefinition(Name)]
public sealed class KvmHostCollection : ICollectionFixture<KvmHost>
{
    public const string Name = "KVM host";
}
