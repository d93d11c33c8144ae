using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;memoryBacking&gt;</c>: where guest memory comes from.</summary>
public sealed record MemoryBacking
{
    internal MemoryBacking(XElement? element)
    {
        Source = element?.Element("source").Text("type") ?? "";
        Access = element?.Element("access").Text("mode") ?? "";
        Discard = element?.Element("discard") is not null;
        HugePages = element?.Element("hugepages") is not null;
        Locked = element?.Element("locked") is not null;
    }

    /// <summary><c>anonymous</c>, <c>file</c>, <c>memfd</c>; empty when not said.</summary>
    public string Source { get; }

    /// <summary><c>shared</c> or <c>private</c>; empty when not said, which is private.</summary>
    public string Access { get; }

    /// <summary>QEMU throws the content away when it ends.</summary>
    public bool Discard { get; }

    /// <summary>Huge pages are used.</summary>
    public bool HugePages { get; }

    /// <summary>Memory is locked.</summary>
    public bool Locked { get; }
}
