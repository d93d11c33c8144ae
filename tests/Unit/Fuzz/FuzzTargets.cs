using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Bus;
using VirtHandover.Bus.Contract;
using VirtHandover.Canary;
using VirtHandover.Configuration;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Handover.Files;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Records;
using VirtHandover.Handover.Recovery;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Policy;
using VirtHandover.Qemu;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>
/// Every parser of what others wrote, by its corpus below <c>tests/corpus</c>. Each takes any bytes, and lets through the exceptions that it declares and
/// no other.
/// </summary>
internal static partial class FuzzTargets
{
    internal static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new Dictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["journal"] = Journal,
        ["bus-greeting"] = Allowing<BusException>(Greeting),
        ["bus-wire"] = Allowing<BusException>(Wire),
        ["worker-lines"] = Allowing<WorkerException>(Requests),
        ["qmp-lines"] = Allowing<QmpProtocolException>(input => _ = QmpMessageReader.Read(input, "a liar")),
        ["qmp-stream"] = Allowing<QmpProtocolException>(Stream),
        ["qmp-replies"] = Replies,
        ["qmp-passed-on"] = Allowing<QmpProtocolException, QmpException>(input => _ = QmpMessageReader.ReadPassedOn(Text(input), "a liar", "query-status")),
        ["hmp-qtree"] = input => _ = DeviceTree.Parse(Text(input)),
        ["hmp-ramblock"] = input => _ = RamBlock.Parse(Text(input)),
        ["help-machine"] = input => _ = MachineHelp.Parse(Text(input)),
        ["help-options"] = input => _ = OptionHelp.Parse(Text(input)),
        ["help-version"] = input => _ = EmulatorVersion.Parse(Text(input)),
        ["status/good"] = Status,
        ["status/bad"] = Status,
        ["domain-xml"] = Allowing<LibvirtException>(Domain),
        ["policy-xml"] = Policy,
        ["windows"] = Allowing<PolicyException>(input => _ = MaintenanceWindows.Parse(Text(input))),
        ["proc/stat"] = Allowing<ProcException>(input => _ = ProcessStartTime.Parse("stat", input)),
        ["proc/status"] = Allowing<ProcException>(input =>
            _ = (ProcessTies.SettingsIn(Encoding.Latin1.GetString(input)).Count(), ProcessStatus.Parse("status", input).AnonymousBytes)),
        ["proc/maps"] = Allowing<ProcException>(input =>
            _ = ProcessMaps.Parse("maps", input).Select(mapping => mapping.MapFile + mapping.Path + mapping.Length).ToList()),
        ["proc/cmdline"] = Allowing<ProcException>(input => _ = ProcessCommandLine.Parse("cmdline", input)),
        ["proc/limits"] = Allowing<ProcException>(input =>
            _ = (ProcessTies.LimitsIn(Text(input)).Count(), ProcessContext.ReadLimits(Text(input)).ToList())),
        ["proc/cgroup"] = input => _ = Cgroups.PlacesIn(Text(input), [("/sys/fs/cgroup", true, []), ("/sys/fs/cgroup/memory", false, ["memory"])]),
        ["proc/fdinfo"] = input => _ = SourceDescriptors.InterfaceIn(Text(input)),
        ["proc/numa_maps"] = Allowing<LinuxException>(input => _ = MemoryPolicy.Parse(Encoding.Latin1.GetString(input)).Encode()),
        ["cmdline"] = Allowing<CommandLineException>(Line),
        ["starts"] = Allowing<ProcException>(Start),
        ["secrets"] = Words,
        ["elf"] = input => _ = ElfBuildId.Read(new MemoryStream(input)),
        ["rpm"] = input => _ = RpmDatabase.OwnerIn(Text(input)),
        ["dpkg"] = input => _ = DpkgDatabase.OwnerIn(Text(input)),
        ["busctl"] = input => _ = (MachineRegistration.Parse(Text(input)), SystemdMachined.PathIn(Text(input))),
        ["file-trial"] = input => _ = FileTrial.Parse(Text(input), 8),
        ["rows"] = Allowing<StoreException>(Row),
        ["keeper"] = input => _ = (KeeperRunner.Parse(Text(input))?.Progress, Keeper.Parse(Text(input))?.Count),
        ["records"] = input => _ = DomainRecords.Parse(input)?.Words.Count,
        ["ini"] = Allowing<ConfigurationException>(input => _ = IniFile.Read("x.conf", Text(input)).Aggregate(new QueueOptions(), Settings.Apply)),
        ["qemu-conf"] = input => _ = QemuConf.Parse(Text(input), []).HugePageMounts.Count,
        ["link-counters"] = input => _ = LinkCounters.Parse(input),
        ["last-words"] = input => Assert.DoesNotContain(LastWords.LastLine(Text(input)) ?? "", char.IsControl),
        ["hook-paths"] = Paths,
        ["bus-arguments"] = Allowing<BusException>(Arguments),
    };

    private static string Text(byte[] input) => Encoding.UTF8.GetString(input);

    private static Action<byte[]> Allowing<T>(Action<byte[]> parser)
        where T : Exception => Allowing<T, T>(parser);

    private static Action<byte[]> Allowing<T, TOther>(Action<byte[]> parser)
        where T : Exception
        where TOther : Exception => input =>
    {
        try
        {
            parser(input);
        }
        catch (Exception exception) when (exception is T or TOther)
        {
            // What is refused is refused in words.
            Assert.NotEqual("", exception.Message);
        }
    };

    // Never an exception; and whatever survived leads to one of the known actions.
    private static void Journal(byte[] input)
    {
        if (HandoverTrace.Of(HandoverJournal.Parse(input)) is { } trace)
            _ = RecoveryDecision.Decide(trace, new ObservedWorld(SameBoot: true, SourceAlive: true, TargetAlive: true));
    }

    private static void Status(byte[] input)
    {
        try
        {
            StatusFile file = StatusFile.Parse("/run/x.xml", input);
            _ = (file.ProcessId, file.MonitorPath, file.Job, file.HasBlockJobs, file.HasBackup, file.Domain.Emulator, file.Ptys);
            Assert.Equal(4711, StatusFile.Parse("/run/x.xml", file.Apply(new StatusFileEdit { ProcessId = 4711 })).ProcessId);
        }
        catch (StatusFileException refusal)
        {
            Assert.Contains("/run/x.xml", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static void Domain(byte[] input)
    {
        var domain = DomainXml.Parse(Text(input));
        _ = CanaryDomain.Xml(domain, "/usr/bin/qemu");
        if (SharedMemoryEdit.Apply(Text(input)) is { } edited)
            Assert.Null(SharedMemoryEdit.Apply(edited));
        _ = RtcBase.For(s_clock, domain, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(50));
        foreach (var property in typeof(DomainXml).GetProperties().Where(property => property.GetIndexParameters().Length == 0))
            _ = property.GetValue(domain);
        foreach (var card in domain.Interfaces)
            _ = (card.Alias, card.Target);
        foreach (var graphics in domain.Graphics)
            _ = (graphics.Type, graphics.HasPassword, graphics.PasswordValidTo);
    }

    // One word a line, as the corpus has them.
    private static void Line(byte[] input)
    {
        var line = CommandLine.Parse(Text(input).TrimEnd('\n').Split('\n'));
        foreach (var option in line.Options)
            _ = (option.Id, option.Kind, option.Argument is null ? null : option.Value.Keys);
        _ = (FdReference.Of(line), VncListener.Of(line).ToList());
        _ = line.All("object").Where(RamOptions.IsBackend).Select(option => RamOptions.Shared(option, 7)).ToList();
        _ = MemoryBackends.Of(line, new Dictionary<string, string> { ["pc.ram"] = "memory-backend-ram" });
        _ = NamedFiles.TryOf(line, [new BlockNode("n", "file", "json:" + line.Program, false, [])]);
        _ = TargetCommandLine.Build(line, new TargetPlan { Program = "/usr/bin/qemu", Memory = [] });
    }

    // What a process shows, against what libvirt says of it.
    private static void Start(byte[] input)
    {
        var facts = Unit.Handover.Records.Start.Shared.Facts;
        var words = ProcessCommandLine.Parse("/proc/1/cmdline", [.. input.Select(value => value == (byte)'\n' ? (byte)0 : value)]);
        Assert.InRange(LineCheck.Problems(words, facts).Count, 0, 8);
        Assert.InRange(LineCheck.Problems(words, facts, wasMoved: true).Count, 0, 8);
        var environment = LibvirtEnvironment.Of(words, facts, []);
        Assert.InRange(environment.Problems.Count, 0, 8);
        Assert.All(environment.Variables, variable => Assert.DoesNotMatch("^(LD_|GLIBC_|BASH_)", variable));
    }

    // What is taken out can be put back, from the words that it was taken out of.
    private static void Words(byte[] input)
    {
        string[] words = Text(input).Split('\n');
        var kept = Secrets.Redact(words);
        Assert.Equal(kept, Secrets.Redact(kept));
        if (Secrets.Restore(kept, words) is { } restored && !words.Any(word => word.Contains(Secrets.Mark, StringComparison.Ordinal)))
            Assert.Equal(words, restored);
    }

    private static void Row(byte[] input)
    {
        Shortened(() => QueueJson.ReadReport(Text(input), "A row").Findings);
        Shortened(() => QueueJson.ReadUpgrade(Text(input), "A row").Assessment?.Findings ?? []);
    }

    private static void Shortened(Func<IReadOnlyList<Finding>> read)
    {
        try
        {
            Assert.InRange(BoundedFindings.Length(read()), 0, ForeignBounds.FindingsChars);
        }
        catch (StoreException)
        {
        }
    }

    // A reply as every typed command would read it.
    private static void Replies(byte[] input)
    {
        JsonElement reply;
        try
        {
            reply = QmpReply.Parse(input);
        }
        catch (JsonException)
        {
            return;
        }

        var liar = new Liar(reply);
        foreach (Func<Task> ask in Questions(liar))
        {
            try
            {
                Task asked = ask();
                Assert.True(asked.IsCompleted);
                asked.GetAwaiter().GetResult();
            }
            catch (QmpProtocolException refusal)
            {
                Assert.Contains("a liar", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    private static Func<Task>[] Questions(Liar liar) =>
    [
        () => liar.QueryBlockAsync(), () => liar.QueryNamedBlockNodesAsync(), () => liar.QueryChardevAsync(), () => liar.QueryFdsetsAsync(),
        () => liar.HumanMonitorCommandAsync("info qtree"), () => liar.QueryVersionAsync(), () => liar.QueryJobsAsync(), () => liar.QueryBlockJobsAsync(),
        () => liar.QueryDumpAsync(), () => liar.QueryMigrateAsync(), () => liar.QueryMigrateCapabilitiesAsync(), () => liar.QomListAsync("/objects"),
        () => liar.QueryStatusAsync(), () => liar.QueryDiskLimitsAsync(), () => liar.QueryWriteThresholdsAsync(),
        () => liar.QueryIoThreadValuesAsync(), () => liar.IsMeasuringDirtyRateAsync(), () => liar.QueryCpusFastAsync(),
        () => liar.QueryIothreadsAsync(), () => liar.QueryVirtioAsync(), () => liar.QueryVirtqueueAsync("/", 0),
        () => CpuSnapshot.ReadAsync(liar, default), () => VirtioSnapshot.ReadAsync(liar, default),
        () => PluggedCpu.ReadAsync(liar, new Dictionary<string, string> { ["vcpu1"] = "qemu64-x86_64-cpu" }, default),
        () => VirtHandover.Handover.Phases.MigrationSettings.ReadAsync(liar, default),
    ];

    // What a caller of the service can have said, by types that the bus has checked: any value in any place.
    private static void Arguments(byte[] input)
    {
        var at = 0;
        var value = Value(input, ref at, 0);
        var message = new BusMessage(":1.1", "/", "x", "SetPolicy", [value]);
        var call = new BusCall(message, AllowsInteraction: false, Connection: null!);
        Refused(() => PolicyOptions.FromBus(call));
        Refused(() => HistoryOptions.FromBus(call, null, 10));
        Refused(() => FindingCodec.FromBus(value));
        Refused(() => PhaseCodec.FromBus(value));
        Refused(() => ReportCodec.FromBus(value));
        Refused(() => ManagerContract.Read(value.AsOptions(), []));
        Refused(() => DomainContract.Read(value.AsOptions()));
        Refused(() => BusTime.FromBus(value));
        Assert.True(value.Size > 0);
    }

    private static void Refused(Func<object?> read)
    {
        try
        {
            _ = read();
        }
        catch (Exception exception) when (exception is BusException or VirtHandover.Bus.Client.ServiceException)
        {
            Assert.NotEqual("", exception.Message);
        }
    }

    private static BusValue Value(byte[] input, ref int at, int depth)
    {
        byte Next(ref int place) => place < input.Length ? input[place++] : (byte)0;
        string Word(ref int place)
        {
            int length = Math.Min(Next(ref place) % 16, input.Length - place);
            string word = Encoding.UTF8.GetString(input, place, length);
            place += length;
            return word;
        }

        int kind = Next(ref at) % (depth > 4 ? 8 : 12);
        switch (kind)
        {
            case 0: return (BusValue)(Next(ref at) > 127);
            case 1: return (BusValue)Next(ref at);
            case 2: return (BusValue)(int)(sbyte)Next(ref at);
            case 3: return (BusValue)((uint)Next(ref at) << 24);
            case 4: return (BusValue)((long)(sbyte)Next(ref at) << 56);
            case 5: return (BusValue)((ulong)Next(ref at) << 56);
            case 6: return (BusValue)BitConverter.Int64BitsToDouble((long)Next(ref at) << 55);
            case 7: return Word(ref at);
            case 8: return new BusValue.Variant(Value(input, ref at, depth + 1));
            case 9:
                var options = new List<KeyValuePair<string, BusValue>>();
                for (int left = Next(ref at) % 8; left > 0; left--)
                    options.Add(new(Word(ref at), Value(input, ref at, depth + 1)));
                return BusValue.Options(options.DistinctBy(option => option.Key));
            case 10:
                var items = new List<BusValue>();
                for (int left = Next(ref at) % 8; left > 0; left--)
                    items.Add(Value(input, ref at, depth + 1));
                return BusValue.ArrayOf(items.Count > 0 ? items[0].Signature : "s", items);
            default:
                return BusValue.StructOf(Value(input, ref at, depth + 1), Value(input, ref at, depth + 1), Value(input, ref at, depth + 1));
        }
    }

    private sealed class Liar(JsonElement reply) : IQmpChannel
    {
        public string Peer => "a liar";

        public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken) =>
            Task.FromResult(reply);
    }
}
