using System.Globalization;
using System.Text.RegularExpressions;

namespace VirtHandover.Tests.Integration.Views;

/// <summary>Something that is not the same after a handover, and why that is right.</summary>
/// <param name="Part">The part of a view, <c>*</c> for every one.</param>
/// <param name="Pattern">What is taken out of the text before it is compared.</param>
/// <param name="What">What it is, as <c>docs/settings.md</c> says it.</param>
/// <param name="Reason">Why, as <c>docs/settings.md</c> says it.</param>
/// <param name="Tolerance">When the pattern's only group is a number: how far it may be off; it is left in the text as a step of that size.</param>
internal sealed record KnownDifference(string Part, string Pattern, string What, string Reason, int Tolerance = 0);

/// <summary>All that may differ between two views of a VM, before and after it was handed over. <c>docs/settings.md</c> repeats the list.</summary>
internal static class KnownDifferences
{
    /// <summary>In libvirt's words.</summary>
    internal static IReadOnlyList<KnownDifference> Texts { get; } =
    [
        new("*", @"/dev/pts/\d+", "The path of a console's pseudo terminal", "A pseudo terminal belongs to the process that made it; libvirt is told the new one."),
        new("dominfo", @"(?m)^(CPU time:|Messages:|\s+tainted:|\s+deprecated).*$", "CPU time, and the taint `custom-monitor`", "The new process has used none yet; libvirt marks a VM whose monitor a client has used."),
        new("vcpuinfo", @"(?m)^(CPU time:|CPU:|State:).*$", "On which CPU a vCPU runs at that moment, and its CPU time", "The kernel's scheduler decides it; the affinity beside it is compared."),
        new("domstate", @"^running \((booted|unpaused|restored|migrated)\)", "Why it runs: `booted` becomes `unpaused`", "A copy stops the guest for a moment while libvirt looks on."),
        new("dumpxml", @"adjustment='(-?\d+)'", "The clock's adjustment, by two seconds", "libvirt reckons it anew at each start of its daemon, from two clocks in whole seconds.", 2),
        new("dumpxml", @"<driver name='qemu'(?: type='raw')?/>(?:\s*<source index='\d+'/>)?(?=\s*<target dev='[^']*' bus='[^']*'(?: tray='[^']*')?/>\s*<readonly/>)", "The format and the number of a medium that was ejected", "libvirt forgets them whenever its daemon starts."),
        new("dumpxml", @"<target type='virtio' name='[^']*' state='[^']*'/>", "Whether a channel of the guest is connected", "The guest opens and closes its end; libvirt follows."),
    ];

    /// <summary>In QEMU's words: members that are left out wherever they stand.</summary>
    internal static IReadOnlyDictionary<string, string> Members { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["thread-id"] = "Threads of another process have other numbers.",
        ["filename"] = "A console has another pseudo terminal; a client of a socket may be connected or not.",
        ["frontend-open"] = "The guest opens and closes its end of a channel.",
        ["actual-size"] = "The guest writes while it is looked at.",
        ["count"] = "The guest writes, and a bitmap that records it has more in it.",
        ["virtual-size"] = "The file of an image grows while the guest writes; a disk's capacity is compared in libvirt's words.",
        ["writeback"] = "The guest's driver chooses the cache of a disk when it starts.",
        ["multicast-table"] = "The guest joins and leaves groups.",
        ["clients"] = "VNC clients are disconnected.",
        ["file"] = "Versions write the name of an image in different forms; nodes are compared by name, driver and backing file.",
        ["drop-cache"] = "The target keeps the host's cache of its images.",
        ["share"] = "Private memory lies in shared memory afterwards.",
    };

    /// <summary>A part's text without what may differ.</summary>
    internal static string Steady(string part, string text)
    {
        foreach (var known in Texts.Where(known => known.Part == "*" || known.Part == part))
            text = Regex.Replace(text, known.Pattern, match => known.Tolerance == 0 ? "~" : "~" + match.Groups[1].Value + "~", RegexOptions.CultureInvariant);
        return text;
    }

    /// <summary>Two lines are the same, numbers that may be off a little aside.</summary>
    internal static bool AreNear(string part, string one, string other)
    {
        if (one == other)
            return true;
        var tolerance = Texts.Where(known => known.Part == part && known.Tolerance > 0).Select(known => known.Tolerance).DefaultIfEmpty(-1).Max();
        var (left, right) = (one.Split('~'), other.Split('~'));
        return left.Length == right.Length && left.Zip(right).All(pair => pair.First == pair.Second
            || (Number(pair.First) is { } a && Number(pair.Second) is { } b && Math.Abs(a - b) <= tolerance));
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
