"""Words with the shape of a name that are none: kinds of models, tasks, metrics, units, hardware. Pure."""

import re

# In lower case and without a plural's s. Classes of models (LLM, GAN) are what many models are, none of them one.
_GENERIC = frozenset(
    """
    2d 3d 4d a/b aaai acc acl acm adagrad adam adamw agi ai al android ann ap api apis arxiv asic asr auc auprc
    auroc avsr aws bandit bcs bec ber bf16 bleu bnn bnns bow bpe cad cbm cer cil cli clm cmdp cnn cnns codellm
    codellms conll cot covid covid-19 cpu crf csi ct ctc ctl cuda cudnn cv cvae cvpr deepmind dem dft dil dl dllm
    dllms dm dms dna dnn dnns dos e.g ebm ebms eccv ecg eda eeg em em-algorithm emg emnlp eq et eu f1 facebook fcn
    fcnn fft fid fig fine- flop flops fmri fnn fp16 fp32 fp4 fp8 fpga fps fscil fsl gan gans gcns gelu gev gfm gis
    github gnn gnns gnss google gp gps gpu gpus gru gui hci hemt hit hmm hpc hsi html http i.e i2v ica iccv icl iclr
    icml id ide ieee iid imu int4 int8 ios iot iou ip ipad iphone ir json kan kans kbqa kd kev kl knn lan latex lda
    ldm ldms lhc lidar llm llm-based llmaas llms lm lmm lmms lms lrm lrms lsa lstm lstms ltl lvlm lvlms mab macos
    mae map matlab mcmc mdp mdps mev mimo miou ml mllm mllms mlm mlp mlps moe mpi mrc mri mri-based mrr mse mt
    n-gram naacl ndcg ndvi ner neurips nist nlg nli nlp nlu nmf nmr nmt nn nns nsm nsp ntm numpy ocr ode odes ofdm
    ood openai opencv openmp os pca pde pdes pdf phd pinn pinns plm plms pomdp pomdps pos ppg pre- psnr ptm ptms
    pytorch q-learning qa qcd qda qed qnn qnns r&d radar ram rbf rbm rc re relu rfid rgb rgb-d rl rlhf rlm rmse rna
    rnn rnns roc rouge s2s sar scipy sde sdk sec semeval sentencepiece sft sgd sinr slam sllm slm slms slu smdp smt
    snn snns snr sota sql srl ssim ssl ssm ssms sts svd svm svms t-sne t2i t2t t2v tcp tensorflow tev tf-idf til tod
    tpu tpus training trec tts tuning uav uavs udp ugv uk un url us usa v2a vae vaes vfm vfms vit vits vla vlas vlm
    vlms vln vqa vqg wan wer wikipedia wlan wmt wordnet wordpiece wsd wsn x-ray xai youtube zsl
    """.split()
)
# Words that are joined: "RGB-based", "LLM-Driven".
_JOINED = re.compile(
    r"-(?:(?!base$|large$|small$|tiny$|mini$|medium$|huge$|instruct$|chat$|uncased$|cased$|turbo$)[a-z]{3,}|[A-Z][a-z]+(?:ed|ing)|Based|Free|Level|Style|Like|Aware|Driven|Scale|Time|Context|Shot|Order|Agent)$"
)


def is_generic(word: str) -> bool:
    """Whether a word, or its singular, is a generic term."""
    lowered = word.lower()
    return lowered in _GENERIC or lowered.removesuffix("s") in _GENERIC


def is_joined(word: str) -> bool:
    """Whether a word goes on after its last hyphen with a word of the language."""
    return "-" in word and _JOINED.search(word) is not None
