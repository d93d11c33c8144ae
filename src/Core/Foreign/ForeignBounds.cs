namespace VirtHandover.Foreign;

/// <summary>
/// How much is believed, kept and passed on of what others wrote: a QEMU process first of all, which a guest may have taken over, then domains' editors,
/// tools, and the files of older releases, which had no bounds. One place, so that what one room lets through the next one can take:
/// a list of findings fits into a row, all rows of a host into one message on the bus.
/// </summary>
internal static class ForeignBounds
{
    /// <summary>Characters of a name, a path or a version. Paths end at 4096 bytes (PATH_MAX).</summary>
    internal const int NameChars = 4096;

    /// <summary>Characters of the word that names a kind of finding; the longest of ours has some twenty.</summary>
    internal const int CodeChars = 64;

    /// <summary>Characters of a sentence: a reason, a finding, an error. Ours have some hundred, with QEMU's own words in them.</summary>
    internal const int SentenceChars = 2000;

    /// <summary>Findings of one VM. Real ones have ten; a VM with fifty disks that all have the same trouble has fifty.</summary>
    internal const int Findings = 100;

    /// <summary>Characters of all findings of one VM together: with it a hundred hostile VMs fit into one message on the bus.</summary>
    internal const int FindingsChars = 32 * 1024;

    /// <summary>Characters of all alarms together: a sentence of each source, and one of each stranded VM.</summary>
    internal const int AlarmChars = 64 * 1024;

    /// <summary>Paths that are named as the reason why a VM is outdated. Behind them the number of the rest.</summary>
    internal const int Paths = 64;

    /// <summary>Characters of all of them together.</summary>
    internal const int PathsChars = 16 * 1024;

    /// <summary>Phases of a handover; there are six, and a recovery may repeat some.</summary>
    internal const int Phases = 64;

    /// <summary>Items of one list in a reply: a host with hundreds of snapshots has some thousand block nodes.</summary>
    internal const int ReplyItems = 32 * 1024;

    /// <summary>Numbers among the members of one object in a reply; an I/O thread has some ten.</summary>
    internal const int ReplyNumbers = 100;

    /// <summary>Characters of one text in a reply. An image's name may hold all options of its chain (<c>json:{…}</c>).</summary>
    internal const int ReplyChars = 64 * 1024;

    /// <summary>Characters of a human monitor's answer: <c>info qtree</c> of a large VM has some hundred thousand.</summary>
    internal const int ReplyTableChars = 4 * 1024 * 1024;

    /// <summary>
    /// The largest line of a monitor in bytes. libvirt itself takes 10 MiB (QEMU_MONITOR_MAX_RESPONSE); a <c>query-qmp-schema</c> has 200 kB.
    /// </summary>
    internal const int ReplyBytes = 16 * 1024 * 1024;

    /// <summary>The deepest nesting of a reply: a backing chain of 200 images nests twice per image.</summary>
    internal const int ReplyDepth = 512;

    /// <summary>The largest event in bytes. The longest carries a sentence and a few names.</summary>
    internal const int EventBytes = 16 * 1024;

    /// <summary>Events kept for a reader who does not come; the oldest go first. With <see cref="EventBytes"/> 64 MiB at worst.</summary>
    internal const int Events = 4096;

    /// <summary>Bytes of a file of procfs. A process may have 65,530 mappings, of some hundred bytes each.</summary>
    internal const int ProcBytes = 32 * 1024 * 1024;

    /// <summary>
    /// Bytes of a journal before which a handover is undone: what is in it comes from a QEMU in part (its devices, its threads), and nobody would read it
    /// again beyond
    /// the journal's own limit. A handover's has some ten thousand.
    /// </summary>
    internal const int JournalBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Characters of a stored row that are still read. Releases without bounds wrote what a hostile QEMU said: 330,000 findings were 40 MB. What is longer
    /// is not read into memory at all; it is as if the row were not there.
    /// </summary>
    internal const int RowChars = 64 * 1024 * 1024;

    /// <summary>Characters of a stored row that a release without bounds wrote and this one writes again, shortened. None of ours is so long.</summary>
    internal const int LongRowChars = 512 * 1024;

    /// <summary>
    /// Bytes of one message on the bus. dbus-daemon disconnects whoever sends the system bus more than 32 MiB (<c>max_message_size</c>), and dbus-broker
    /// bounds what a peer may queue.
    /// </summary>
    internal const int MessageBytes = 16 * 1024 * 1024;

    /// <summary>Characters of one string on the bus.</summary>
    internal const int MessageTextChars = 256 * 1024;

    /// <summary>
    /// Characters that all VMs together may take of the one message that shows them all (<c>GetManagedObjects</c>); three bytes each at worst.
    /// </summary>
    internal const int ViewChars = MessageBytes / 4;

    /// <summary>Bytes of a program, library or module that is read for its build, copied or compared. Real emulators have some ten million.</summary>
    internal const long ProgramBytes = 512L << 20;

    /// <summary>Program headers and bytes of notes that are looked through for a build-id. Real files have some ten, and some hundred bytes.</summary>
    internal const int ElfHeaders = 256;

    /// <inheritdoc cref="ElfHeaders"/>
    internal const int ElfNoteBytes = 1 << 20;

    /// <summary>
    /// How long one VM may be looked at in a scan, host tools (which have limits of their own) not counted. Real ones take some ms. A thread that hangs in the
    /// kernel longer than that is left to itself, and that VM is not looked at again while it hangs.
    /// </summary>
    internal static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the preflights of one scan wait for one VM before they go on to the next. A late answer counts at the next scan.
    /// </summary>
    internal static readonly TimeSpan Preflight = TimeSpan.FromSeconds(10);
}
