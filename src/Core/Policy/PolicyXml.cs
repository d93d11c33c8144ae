using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VirtHandover.Policy;

/// <summary>A domain's policy as the element that libvirt keeps in the domain's <c>&lt;metadata&gt;</c>.</summary>
public static class PolicyXml
{
    /// <summary>The element's namespace; the 1 is the version of its form.</summary>
    public const string Namespace = "https://virt-handover.org/policy/1";

    /// <summary>The prefix that libvirt writes before the element.</summary>
    public const string Prefix = "virt-handover";

    private const int MostCharacters = 4000;
    private static readonly string[] s_attributes = ["mode", "window", "max-pause-us", "priority"];

    /// <summary>Writes a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <returns>The element's text; the namespace is libvirt's to add.</returns>
    public static string Write(DomainPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var element = new XElement("policy");
        element.SetAttributeValue("mode", policy.Mode is { } mode ? PolicyWords.Of(mode) : null);
        element.SetAttributeValue("window", policy.Window?.Text);
        element.SetAttributeValue("max-pause-us", policy.MaxPause is { } pause ? (long)pause.TotalMicroseconds : null);
        element.SetAttributeValue("priority", policy.Priority);
        return element.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Reads a policy. Whoever may edit the domain can have written anything.</summary>
    /// <param name="text">The element as libvirt hands it out; null when there is none.</param>
    /// <returns>The policy; with a <see cref="DomainPolicy.Problem"/> when it cannot be read or is not valid.</returns>
    public static DomainPolicy Read(string? text)
    {
        if (text is null)
        {
            return DomainPolicy.None;
        }

        try
        {
            return Read(Parse(text));
        }
        catch (Exception e) when (e is XmlException or PolicyException or ArgumentException or InvalidOperationException)
        {
            return new DomainPolicy { Problem = $"The policy in its metadata is not valid ({e.Message.TrimEnd('.')}); set it again: virt-handover policy set" };
        }
    }

    private static XElement Parse(string text)
    {
        if (text.Length > MostCharacters)
        {
            throw new PolicyException($"it has {text.Length} characters");
        }

        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        using var reader = XmlReader.Create(new StringReader(text), settings);
        var element = XElement.Load(reader);
        return element.HasElements || element.Name.LocalName != "policy"
            ? throw new PolicyException("it is not one <policy> element")
            : element;
    }

    private static DomainPolicy Read(XElement element)
    {
        var unknown = element.Attributes().FirstOrDefault(attribute => !attribute.IsNamespaceDeclaration && !s_attributes.Contains(attribute.Name.LocalName));
        if (unknown is not null)
        {
            throw new PolicyException($"there is no \"{PolicyWords.Shown(unknown.Name.LocalName)}\" in a policy");
        }

        return DomainPolicy.None.With(new PolicyChange
        {
            Mode = element.Attribute("mode")?.Value,
            Window = element.Attribute("window")?.Value,
            MaxPauseMicroseconds = Number(element, "max-pause-us"),
            Priority = Number(element, "priority") is { } priority ? (int)Math.Clamp(priority, int.MinValue, int.MaxValue) : null,
        });
    }

    private static long? Number(XElement element, string name) => element.Attribute(name)?.Value is not { } text
        ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new PolicyException($"{name} is \"{PolicyWords.Shown(text)}\" and not a number");
}
